import { KeyturnError } from '../../core/errors.ts';
import { at, textAt } from '../../core/json-path.ts';
import type { KindContext } from '../../core/kind.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { contentOf } from '../shared/api-key/answer.ts';
import type { Answer, Ask, HttpApi } from '../shared/api-key/http-api.ts';
import { originOf } from '../shared/api-key/place.ts';
import { fillJson, fillPath } from '../shared/api-key/template.ts';
import { adminKeyOf, isId } from './credential.ts';
import { identityOf } from './mark.ts';
import type { Listing, Provider } from './provider.ts';
import { providerOf, type Target } from './target.ts';

export type Context = KindContext<Target>;

/** One key, as the provider lists it. */
export interface Entry {
  id: string;
  name: string;
  /** The id that secrets know it by. */
  identity: string;
}

/** More pages than this are no list of keys. */
const maximumPages = 100;

/** The keys of the provider's account, asked as Keyturn's own admin. */
export class Keys {
  readonly #api: HttpApi;
  readonly #context: Context;
  readonly #provider: Provider;

  constructor(api: HttpApi, context: Context) {
    this.#api = api;
    this.#context = context;
    this.#provider = providerOf(context.target);
  }

  /** Every key of the account, whoever made it. */
  async list(): Promise<Entry[]> {
    const { list } = this.#provider;
    const items = await this.items(list);
    return items.map((item) => {
      const id = textAt(item, list.id);
      if (id === undefined) throw this.#failed('listed a key without an id');
      const name = textAt(item, list.name) ?? '';
      return { id, name, identity: identityOf({ id, name }) };
    });
  }

  async find(identity: string): Promise<Entry | undefined> {
    return (await this.list()).find((entry) => entry.identity === identity);
  }

  /** Every item of a listing, page after page. */
  async items({ path, items, pages }: Listing): Promise<unknown[]> {
    const found: unknown[] = [];
    let next: string | undefined = pages?.by === 'number' ? '1' : undefined;
    for (let page = 1; page <= maximumPages; page += 1) {
      const url = fillPath(path, this.#values());
      const query =
        pages && next !== undefined
          ? `${url.includes('?') ? '&' : '?'}${pages.parameter}=${encodeURIComponent(next)}`
          : '';
      const content = contentOf(await this.#asAdmin('GET', `${url}${query}`));
      const batch = at(content, items);
      if (!Array.isArray(batch)) throw this.#failed('answered without a list of keys');
      found.push(...batch);
      if (pages === undefined) return found;
      if (pages.by === 'number' && batch.length < pages.size) return found;
      if (pages.by === 'cursor' && at(content, pages.more) !== true) return found;
      next = pages.by === 'number' ? String(page + 1) : textAt(content, pages.last);
      if (next === undefined) throw this.#failed('has more keys and does not say where they begin');
    }
    throw this.#failed(`has more than ${maximumPages} pages of keys`);
  }

  /** Sent once. `value` is ours where the provider takes one. @throws CredentialLimit */
  async create(name: string, value: SecretValue): Promise<{ id: string; value: SecretValue }> {
    const { create, keyLimit } = this.#provider;
    const body = value.map((text) => JSON.stringify(fillJson(create.body, { ...this.#values(), name, value: text })));
    const answer = await this.#ask('POST', fillPath(create.path, this.#values()), body);
    // The same status as for a missing permission: the number of keys tells them apart.
    if (answer.status === 403 && keyLimit !== undefined) {
      const count = (await this.list()).length;
      if (count >= keyLimit) {
        throw new KeyturnError(
          'CredentialLimit',
          `${this.#provider.id} has ${count} keys and takes no more than ${keyLimit}: delete some that nobody uses, and rotate again`,
        );
      }
    }
    const content = contentOf(this.#allowed(answer, 'creating a key'));
    const id = textAt(content, create.id);
    const minted = textAt(content, create.value);
    if (id === undefined || !isId(id) || minted === undefined)
      throw this.#failed('answered without the id and value of a new key; the next try discards it');
    return { id, value: SecretValue.of(minted) };
  }

  /** No error if absent. */
  async remove(identity: string): Promise<void> {
    const entry = await this.find(identity);
    if (entry === undefined) return;
    const answer = await this.#ask('DELETE', fillPath(this.#provider.remove.path, { ...this.#values(), id: entry.id }));
    if (answer.status !== 404) this.#allowed(answer, 'deleting a key');
  }

  /** Whether the key works, by its status. */
  async status(identity: string): Promise<'on' | 'off' | 'absent'> {
    const key = await this.#read(identity);
    if (key === 'absent') return key;
    const { field, on } = this.#statusField();
    return at(key, field) === on ? 'on' : 'off';
  }

  async setStatus(identity: string, wanted: 'on' | 'off'): Promise<'done' | 'absent'> {
    const { path, method, keep, field, on, off } = this.#statusField();
    const key = await this.#read(identity);
    if (key === 'absent') return key;
    const value = wanted === 'on' ? on : off;
    if (at(key, field) === value) return 'done';
    const kept = keep.map((name) => [name, at(key, name)]).filter(([, part]) => part !== null);
    const body = SecretValue.of(JSON.stringify({ ...Object.fromEntries(kept), [field]: value }));
    const answer = await this.#ask(method, fillPath(path, { ...this.#values(), id: identity }), body);
    if (answer.status === 404) return 'absent';
    this.#allowed(answer, 'changing a key');
    return 'done';
  }

  async #read(identity: string): Promise<unknown> {
    const { path, result } = this.#statusField();
    const answer = await this.#ask('GET', fillPath(path, { ...this.#values(), id: identity }));
    if (answer.status === 404) return 'absent';
    const content = contentOf(this.#allowed(answer, 'reading a key'));
    return result === undefined ? content : at(content, result);
  }

  #statusField() {
    const { disable } = this.#provider;
    if (disable.by !== 'status') throw new Error(`keys of ${this.#provider.id} have no status`);
    return disable;
  }

  #values(): Readonly<Record<string, unknown>> {
    return this.#context.target.parameters ?? {};
  }

  async #asAdmin(method: Ask['method'], path: string): Promise<Answer> {
    return this.#allowed(await this.#ask(method, path), 'listing keys');
  }

  async #ask(method: Ask['method'], path: string, body?: SecretValue): Promise<Answer> {
    const { target, signal } = this.#context;
    const key = adminKeyOf(await this.#context.admin(), target.adminSecret);
    return await this.#api.send({
      method,
      origin: originOf(this.#provider, target, 'api') ?? '',
      path,
      signature: { by: 'header', ...this.#provider.sends, key },
      ...(body && { body }),
      plaintext: target.plaintext !== undefined,
      signal,
    });
  }

  /** @throws AuthenticationRefused, AdminPrivilegeMissing, TargetMismatch, TargetFailed; none with a part of the answer */
  #allowed(answer: Answer, what: string): Answer {
    const { id, adminNeeds } = this.#provider;
    const { adminSecret } = this.#context.target;
    const { status } = answer;
    if (status >= 200 && status < 300) return answer;
    const asked = `${what} at ${id} was answered ${status}`;
    if (status === 401)
      throw new KeyturnError(
        'AuthenticationRefused',
        `${asked}: the key in ${adminSecret} is not accepted; put a good one there`,
      );
    if (status === 403)
      throw new KeyturnError('AdminPrivilegeMissing', `${asked}: the key in ${adminSecret} needs ${adminNeeds}`);
    if (status === 404)
      throw new KeyturnError('TargetMismatch', `${asked}: what the inventory's parameters name does not exist there`);
    throw new KeyturnError('TargetFailed', `${asked}: see the provider's documentation for what it does not like`);
  }

  #failed(what: string): KeyturnError {
    return new KeyturnError('TargetFailed', `${this.#provider.id} ${what}: it does not keep to its description`);
  }
}
