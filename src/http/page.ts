import { createHash } from 'node:crypto';
import { apiRoutes } from './openapi.ts';

const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
code{font-family:ui-monospace,monospace}h2{margin:2rem 0 0;font-size:1.1rem;overflow-wrap:anywhere}h2 b{display:inline-block;min-width:3.5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}p{margin:.3rem 0}`;

/** The page runs nothing and loads nothing: only this style may apply. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The API as a page. */
export function apiPage(version: string): string {
  const routes = apiRoutes.map(({ method, path, summary, description, body, parameters = [], answers }) => {
    const rows: [string, string][] = [
      ...parameters.map((one): [string, string] => {
        const { name, in: place, description: meaning } = one as { name: string; in: string; description: string };
        return [`${name} (${place})`, meaning];
      }),
      ...(body === undefined ? [] : [['body', body] as [string, string]]),
      ...Object.entries(answers).map(([status, answer]): [string, string] => [status, answer.description]),
    ];
    return `<section><h2><b>${method.toUpperCase()}</b> <code>${html(path)}</code></h2><p>${words(summary)}. ${words(description)}</p>
<dl>${rows.map(([name, text]) => `<dt><code>${html(name)}</code></dt><dd>${words(text)}</dd>`).join('')}</dl></section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>oto-bridge: HTTP API</title>
<style>${style}</style></head><body><h1>oto-bridge ${html(version)}: HTTP API</h1>
<p>For programs: <a href="/openapi.json">openapi.json</a></p>
<main>${routes.join('\n')}</main></body></html>
`;
}

/** A text of the description, in which names stand between backticks. */
function words(text: string): string {
  return html(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function html(text: string): string {
  return text.replaceAll(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
