/** One measurement. What it returns is printed: as JSON, or by `text` for a person. */
export interface Bench<Result = unknown> {
  readonly summary: string;
  /** `args`: what stands after the name on the command line, without `--json`. `say` reports progress on standard error. */
  run(args: readonly string[], say: (line: string) => void): Promise<Result>;
  text(result: Result): string;
}

export function defineBench<Result>(bench: Bench<Result>): Bench<Result> {
  return bench;
}
