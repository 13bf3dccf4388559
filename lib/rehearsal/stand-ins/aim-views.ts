import type { ViewDeclaration } from '../../inventory/types.ts';

type View = string | ViewDeclaration;

/** The same views, each template changed. */
export function mapViews(
  views: Readonly<Record<string, View>> | undefined,
  change: (template: string) => string,
): Record<string, View> {
  return Object.fromEntries(
    Object.entries(views ?? {}).map(([name, view]) => [
      name,
      typeof view === 'string' ? change(view) : { ...view, template: change(view.template) },
    ]),
  );
}

/** A place in a template's URL: what stands between the login and the path. */
const place = /@([^/@?]+)/;

/** The host that a URL template names, in lower case; undefined for `{host}` and where there is no URL. */
export function hostIn(template: string): string | undefined {
  const host = place.exec(template)?.[1]?.replace(/:[^:]*$/, '');
  return host?.includes('{') ? undefined : host?.toLowerCase();
}

/** The URL template at another place: `127.0.0.1:5432`. */
export function atPlace(template: string, address: string): string {
  return template.replace(place, `@${address}`);
}
