import { templateOf } from '../../inventory/views.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { DeclaredSecret } from '../stand-ins/stand-in.ts';
import type { Given } from './services/use.ts';

/** A secret as one service is given it. */
export interface Injection extends Pick<Given, 'fields' | 'urls'> {
  /** What ECS puts into the environment: the name of the secret, and the key of its JSON where it is one field. */
  variables: Readonly<Record<string, { secret: string; key?: string }>>;
}

/**
 * How a service is given its secrets: a view under the last part of its name (`buywhere/DATABASE_URL` is DATABASE_URL), what
 * has no view as the fields of its own value. Two of the same name get their whole names.
 */
export function injectionsOf(secrets: readonly DeclaredSecret[]): Map<string, Injection> {
  const wholes = secrets.flatMap(sourcesOf);
  const lasts = wholes.map((source) => variableOf(lastOf(source.secret), source.key));
  const nameOf = (source: Source) => {
    const last = variableOf(lastOf(source.secret), source.key);
    return lasts.filter((other) => other === last).length > 1 ? variableOf(source.secret, source.key) : last;
  };
  return new Map(
    secrets.map((secret) => {
      const injection = { fields: {} as Record<string, string>, urls: [] as string[], variables: {} as Variables };
      for (const source of sourcesOf(secret)) {
        const name = nameOf(source);
        injection.variables[name] = { secret: source.secret, ...(source.key !== undefined && { key: source.key }) };
        if (source.field !== undefined) injection.fields[source.field] = name;
        else injection.urls.push(name);
      }
      return [secret.name, injection];
    }),
  );
}

type Variables = Record<string, { secret: string; key?: string }>;

/** Something to inject: one field alone, or else a URL. */
interface Source {
  secret: string;
  key?: string;
  field?: string;
}

function sourcesOf({ name, declaration }: DeclaredSecret): Source[] {
  const views = Object.entries(declaration.views ?? {}).flatMap(([secret, view]): Source[] => {
    const template = templateOf(view);
    const field = /^\{(\w+)\}$/.exec(template)?.[1];
    if (field !== undefined) return [{ secret, field }];
    return /^\w+:\/\//.test(template) ? [{ secret }] : [];
  });
  return views.length > 0 ? views : fieldsToInject(declaration).map((field) => ({ secret: name, key: field, field }));
}

function fieldsToInject({ kind, target }: DeclaredSecret['declaration']): string[] {
  const facts = factsOf(kind);
  const fields = { ...facts.fields, ...facts.fieldsOf?.(facts.parseTarget(target)) };
  return Object.keys(fields).filter((field) => fields[field] !== 'plain');
}

function lastOf(name: string): string {
  return name.split('/').at(-1) ?? name;
}

function variableOf(name: string, key: string | undefined): string {
  return [name, ...(key === undefined ? [] : [key])].join('_').replace(/\W/g, '_').toUpperCase();
}
