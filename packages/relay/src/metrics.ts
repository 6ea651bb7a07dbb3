/**
 * What a relay has counted since it started, for `/metrics`, in the text format of Prometheus.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class RelayMetrics {
  readonly #countByName = new Map<MetricName, number>();

  add(name: MetricName, count = 1): void {
    this.#countByName.set(name, (this.#countByName.get(name) ?? 0) + count);
  }

  /** All of them, those that are 0 too. */
  toString(): string {
    return metrics
      .map(([name, help]) => {
        const count = this.#countByName.get(name) ?? 0;
        return `# HELP rockpool_${name} ${help}\n# TYPE rockpool_${name} counter\nrockpool_${name} ${count}\n`;
      })
      .join("");
  }
}

const metrics = [
  ["document_updates_total", "Updates added to documents by accepted merges"],
  ["document_compactions_total", "Documents whose updates were made one"],
  ["document_compaction_faults_total", "Documents left as they are, since they could not be compacted"],
] as const;

export type MetricName = (typeof metrics)[number][0];
