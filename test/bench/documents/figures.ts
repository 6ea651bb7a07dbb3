/**
 * Figures as they are printed: percentiles of many, and tables of few.
 */

/** The value that a share of `values` does not exceed: 0.5 is the median. NaN of none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** "p50 / p95" in ms. */
export const spread = (values: readonly number[]): string =>
  `${percentile(values, 0.5).toFixed(2)} / ${percentile(values, 0.95).toFixed(2)}`;

export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
export const ms = (value: number): string => `${value.toFixed(2)} ms`;
export const ratio = (value: number, base: number): string => `${(value / base).toFixed(2)}x`;

/** Prints a title, then rows of cells below each other; the first row names the columns. */
export const printTable = (title: string, rows: readonly (readonly string[])[]): void => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 3),
      )
      .join(""),
  );
  process.stdout.write(`\n${title}\n${lines.join("\n")}\n`);
};
