import type { KindFacts } from '../../core/kind.ts';
import { fieldsOf } from '../../core/views/template.ts';
import { factsOf, kindIds } from '../../kinds/registry.ts';
import { type Mistake, oneOf } from '../mistake.ts';
import type { Inventory, ViewDeclaration } from '../types.ts';
import { templateOf } from '../views.ts';
import { refusalOf } from './reason.ts';
import { nameMistake } from './secret-name.ts';

type Views = Readonly<Record<string, string | ViewDeclaration>>;

export function* checkViews(inventory: Inventory): Generator<Mistake> {
  yield* checkOwners(inventory);
  for (const [secret, { kind, target, views = {} }] of Object.entries(inventory.secrets)) {
    for (const [name, view] of Object.entries(views)) {
      const where = `view "${name}" of secret "${secret}"`;
      const badName = nameMistake(name);
      if (badName) yield { where, ...badName };
      yield* checkPlaceholders(where, templateOf(view));
      if (!kindIds.includes(kind)) continue;
      const facts = factsOf(kind);
      yield* checkFields(where, view, views, kind, fieldsAt(facts, target));
      if (facts.viewMistake === undefined || refusalOf(() => facts.parseTarget(target)) !== undefined) continue;
      const mistake = facts.viewMistake(facts.parseTarget(target), fieldsOf(templateOf(view)));
      if (mistake !== undefined) yield { where, ...mistake };
    }
  }
}

/** Every secret's value comes from one place. */
function* checkOwners(inventory: Inventory): Generator<Mistake> {
  const owners = new Map<string, string>();
  for (const [secret, { views = {} }] of Object.entries(inventory.secrets)) {
    for (const name of Object.keys(views)) {
      const where = `view "${name}" of secret "${secret}"`;
      const other = owners.get(name);
      if (other !== undefined)
        yield { where, what: `it is a view of secret "${other}" too`, remedy: 'Keep one of the two' };
      if (Object.hasOwn(inventory.secrets, name)) {
        yield {
          where,
          what: 'it is itself a secret that rotates',
          remedy: 'Take it out of secrets, or out of the views',
        };
      }
      owners.set(name, secret);
    }
  }
}

/** A brace is text, unless it looks like a placeholder that was spelled wrongly. */
function* checkPlaceholders(where: string, template: string): Generator<Mistake> {
  for (const [placeholder] of template.matchAll(/\{\s*[A-Za-z]\w*\s*(?::[^{}"]*)?\}/g)) {
    if (fieldsOf(placeholder).length === 1) continue;
    yield {
      where,
      what: `${placeholder} is no placeholder`,
      remedy: 'Write {field}, {field:url}, {field:json} or {field:base64}',
    };
  }
}

/** What views may name of a secret with this target. A target that is refused has a mistake of its own. */
function fieldsAt(facts: KindFacts, target: unknown): KindFacts['fields'] {
  if (facts.fieldsOf === undefined || refusalOf(() => facts.parseTarget(target)) !== undefined) return facts.fields;
  return { ...facts.fields, ...facts.fieldsOf(facts.parseTarget(target)) };
}

function* checkFields(
  where: string,
  view: string | ViewDeclaration,
  siblings: Views,
  id: string,
  fields: KindFacts['fields'],
): Generator<Mistake> {
  const named = fieldsOf(templateOf(view));
  const unknown = named.filter((field) => !Object.hasOwn(fields, field));
  for (const field of unknown) {
    yield { where, what: `kind "${id}" has no field "${field}"`, remedy: `Use one of: ${oneOf(Object.keys(fields))}` };
  }
  if (named.length === 0) {
    yield { where, what: 'its template names no field', remedy: 'Write {field} where a field stands' };
  }

  const identities = Object.keys(fields).filter((field) => fields[field] === 'identity');
  const showsIdentity = (template: string) => fieldsOf(template).some((field) => fields[field] === 'identity');
  const userNameIn = typeof view === 'string' ? undefined : view.userNameIn;
  if (userNameIn !== undefined) {
    const beside = siblings[userNameIn];
    if (beside === undefined || !showsIdentity(templateOf(beside))) {
      yield {
        where,
        what: `userNameIn names "${userNameIn}", which is no view of this secret that shows ${oneOf(identities)}`,
        remedy: 'Name the view that carries it',
      };
    }
  } else if (
    identities.length > 0 &&
    named.some((field) => fields[field] === 'secret') &&
    !showsIdentity(templateOf(view))
  ) {
    yield {
      where,
      what: `it shows a secret field without ${oneOf(identities)}, which changes with each rotation`,
      remedy: 'Add it to the template, or name in userNameIn the view that carries it beside this one',
    };
  }
}
