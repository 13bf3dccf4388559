import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { type Command, decideAddition, decideRemoval } from '../../../lib/kinds/redis/changes.ts';
import { requireWhole } from '../../../lib/kinds/redis/fitness.ts';
import type { NodeState } from '../../../lib/kinds/redis/state.ts';
import { hashOf } from '../../../lib/kinds/shared/redis-user/identity.ts';

const [old, kept, third] = ['the old one', 'the kept one', 'a third one'].map((text) => SecretValue.of(text)) as [
  SecretValue,
  SecretValue,
  SecretValue,
];
const keep = { username: 'app', password: kept };
const unfit = expect.objectContaining({ code: 'TargetUnfit' });
const hex = (password: SecretValue) => hashOf(password).reveal();

const node = (changes: Partial<NodeState> = {}): NodeState => ({
  name: 'cache:6379',
  mode: 'standalone',
  replica: false,
  replicas: 0,
  clusterNodes: 0,
  user: { flags: ['on'], hashes: [hashOf(old), hashOf(kept)] },
  aclFile: false,
  configFile: true,
  primaryLogin: { user: 'default', hash: undefined },
  requirePass: undefined,
  ...changes,
});

const said = (commands: readonly Command[]) =>
  commands.map((command) => command.map((part) => (typeof part === 'string' ? part : part.reveal())).join(' '));
const added = (state: NodeState) => said(decideAddition(state, 'app', hashOf(third)));
const removed = (state: NodeState, user = 'app', stays: typeof keep | undefined = keep) =>
  said(decideRemoval(state, user, hashOf(old), stays));

describe('a password is added', () => {
  it.each([
    ['and kept in the ACL file', { aclFile: true, configFile: false }, 'ACL SAVE'],
    ['and kept in the ACL file, where there is a configuration file too', { aclFile: true }, 'ACL SAVE'],
    ['and kept in the configuration file', {}, 'CONFIG REWRITE'],
  ])('%s', (_, changes, keeping) => {
    expect(added(node(changes))).toEqual([`ACL SETUSER app #${hex(third)}`, keeping]);
  });

  it.each<[string, Partial<NodeState>, RegExp]>([
    ['a restart would forget it', { configFile: false }, /Redis at cache:6379: it has neither/],
    ['there is no such user', { user: undefined }, /there is no user "app"/],
    ['the user is off', { user: { flags: ['off'], hashes: [] } }, /is off/],
    ['the user accepts every password', { user: { flags: ['on', 'nopass'], hashes: [] } }, /nopass/],
  ])('not when %s', (_, changes, why) => {
    expect(() => added(node(changes))).toThrow(unfit);
    expect(() => added(node(changes))).toThrow(why);
  });
});

describe('a password is removed', () => {
  it.each([
    ['from the ACL file', { aclFile: true }, ['ACL SAVE']],
    ['from the configuration file', {}, ['CONFIG REWRITE']],
  ])('%s too', (_, changes, keeping) => {
    expect(removed(node(changes))).toEqual([`ACL SETUSER app !${hex(old)}`, ...keeping]);
  });

  it('that is gone already is gone for good: what an earlier attempt did is saved', () => {
    expect(removed(node({ user: { flags: ['on'], hashes: [hashOf(kept)] } }))).toEqual(['CONFIG REWRITE']);
    expect(removed(node({ aclFile: true, user: { flags: ['on'], hashes: [hashOf(kept)] } }))).toEqual(['ACL SAVE']);
  });

  it('of a user that is gone is nothing', () => {
    expect(removed(node({ user: undefined }))).toEqual([]);
  });

  it('not where a restart would bring it back', () => {
    expect(() => removed(node({ configFile: false }))).toThrow(unfit);
  });

  it('not where the other one is unknown, unless nothing is known of another', () => {
    const state = node({ user: { flags: ['on'], hashes: [hashOf(old)] } });
    expect(() => removed(state)).toThrow(/does not know the password that "app" is to keep/);
    expect(said(decideRemoval(state, 'app', hashOf(old), undefined))).toEqual([
      `ACL SETUSER app !${hex(old)}`,
      'CONFIG REWRITE',
    ]);
  });
});

describe('a copy of the password', () => {
  const masterauth = (changes: Partial<NodeState> = {}) =>
    node({ primaryLogin: { user: 'app', hash: hashOf(old) }, ...changes });

  it('for replication goes over to the kept one first, and is kept in the configuration file', () => {
    expect(removed(masterauth({ aclFile: true }))).toEqual([
      'CONFIG SET masterauth the kept one',
      `ACL SETUSER app !${hex(old)}`,
      'ACL SAVE',
      'CONFIG REWRITE',
    ]);
  });

  it('for replication that no file keeps refuses the change', () => {
    const refused = () => removed(masterauth({ aclFile: true, configFile: false }));
    expect(refused).toThrow(unfit);
    expect(refused).toThrow(/replicates as "app"/);
  });

  it.each<[string, Partial<NodeState>]>([
    ['of another user', { primaryLogin: { user: 'replicator', hash: hashOf(old) } }],
    ['of another password', { primaryLogin: { user: 'app', hash: hashOf(third) } }],
    ['of none', { primaryLogin: { user: 'app', hash: undefined } }],
  ])('for replication %s is left alone', (_, changes) => {
    expect(removed(node(changes))).toEqual([`ACL SETUSER app !${hex(old)}`, 'CONFIG REWRITE']);
  });

  it('in requirepass goes over too, and the user default keeps its other passwords in the same instant', () => {
    const hashes = [old, kept, third].map(hashOf);
    const state = node({ user: { flags: ['on'], hashes }, requirePass: hashOf(old) });
    expect(removed(state, 'default')).toEqual([
      'MULTI',
      'CONFIG SET requirepass the kept one',
      `ACL SETUSER default #${hex(kept)} #${hex(third)}`,
      'EXEC',
      `ACL SETUSER default !${hex(old)}`,
      'CONFIG REWRITE',
    ]);
  });

  it.each<[string, string, Partial<NodeState>]>([
    ['is of the user default only', 'app', { requirePass: hashOf(old) }],
    ['is kept by a configuration file only', 'default', { requirePass: hashOf(old), aclFile: true, configFile: false }],
    ['may be another password', 'default', { requirePass: hashOf(third) }],
    ['may be none', 'default', { requirePass: undefined }],
  ])('in requirepass %s', (_, user, changes) => {
    expect(removed(node(changes), user).join('\n')).not.toContain('requirepass');
  });

  it('is not looked for where nothing is known of another password', () => {
    expect(said(decideRemoval(masterauth(), 'app', hashOf(old), undefined)).join('\n')).not.toContain('masterauth');
  });
});

describe('a deployment', () => {
  const replica = node({ name: 'replica:6379', replica: true });
  it.each<[string, NodeState[]]>([
    ['of one server', [node()]],
    ['with every replica', [node({ replicas: 1 }), replica]],
    ['with a replica that is away', [node({ replicas: 0 }), replica]],
    ['with the whole cluster', [node({ clusterNodes: 2 }), node({ clusterNodes: 2 })]],
  ])('%s is whole', (_, states) => {
    expect(() => requireWhole(states)).not.toThrow();
  });

  it.each<[string, NodeState[], RegExp]>([
    [
      'a replica that is not named',
      [node({ replicas: 2 }), replica],
      /names 1 replicas, but 2 are connected: users are not replicated/,
    ],
    [
      'a server of the cluster that is not named',
      [node(), node({ name: 'b:1', clusterNodes: 3 })],
      /b:1: its cluster knows 3/,
    ],
    ['a Sentinel', [node(), node({ name: 's:1', mode: 'sentinel' })], /s:1: it is a Sentinel/],
  ])('with %s is not', (_, states, why) => {
    expect(() => requireWhole(states)).toThrow(unfit);
    expect(() => requireWhole(states)).toThrow(why);
  });
});
