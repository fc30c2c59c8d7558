/** A route as it was declared: `/hooks/:source`. */
export interface KnownRoute {
  readonly methods: readonly string[];
  readonly url: string;
}

/** The methods that a path takes, to tell a wrong method from a wrong address. */
export function methodsAt(routes: readonly KnownRoute[], path: string): string[] {
  const parts = path.split('/');
  const methods = routes
    .filter(({ url }) => {
      const pattern = url.split('/');
      return (
        pattern.length === parts.length &&
        pattern.every((part, index) => (part.startsWith(':') ? parts[index] !== '' : part === parts[index]))
      );
    })
    .flatMap((route) => route.methods);
  return [...new Set(methods)].sort();
}

/** The path of a request's address, without its query. */
export function routeOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
