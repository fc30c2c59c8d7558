/** A number with its words: `counted(1, 'row was', 'rows were')` is `1 row was`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
