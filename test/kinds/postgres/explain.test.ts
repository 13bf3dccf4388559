import { expect, it } from 'vitest';
import { explain, type Failure } from '../../../lib/kinds/postgres/failure.ts';

const login = {
  user: 'app',
  database: 'shop',
  endpoint: 'db:5432',
  admin: false,
  pooler: false,
  phase: 'login',
} as const;

function failure(code: string | undefined, server: boolean, routine?: string): Failure {
  return { code, routine, file: undefined, severity: server ? 'FATAL' : undefined };
}

it.each([
  ['28P01', 'auth_failed', 'AuthenticationRefused'],
  ['28000', 'InitializeSessionUserId', 'AuthenticationRefused'],
  ['28000', 'ClientAuthentication', 'TargetFailed'],
  ['28000', undefined, 'TargetFailed'],
  ['42501', 'CheckMyDatabase', 'PrivilegeLost'],
  ['3D000', 'InitPostgres', 'InvalidInput'],
  ['53300', 'InitProcess', 'TargetBusy'],
  ['25006', 'PreventCommandIfReadOnly', 'TargetFailed'],
  ['57014', 'ProcessInterrupts', 'TargetTimeout'],
  ['55P03', 'ProcSleep', 'TargetTimeout'],
  ['57P01', 'ProcessInterrupts', 'TargetUnreachable'],
  ['57P03', 'ProcessStartupPacket', 'TargetUnreachable'],
  ['08006', undefined, 'TargetUnreachable'],
  ['08P01', undefined, 'TargetFailed'],
  ['XX000', 'simple_heap_update', 'TargetFailed'],
])('the server says %s in %s: %s', (code, routine, expected) => {
  expect(explain(failure(code, true, routine), login).code).toBe(expected);
});

it.each([
  ['08P01', 'SASL authentication failed', 'AuthenticationRefused'],
  ['08P01', 'no such user', 'AuthenticationRefused'],
  ['28P01', undefined, 'AuthenticationRefused'],
  ['28000', undefined, 'AuthenticationRefused'],
  ['08P01', 'query_wait_timeout', 'TargetFailed'],
  ['08P01', 'admin access needed', 'AdminPrivilegeMissing'],
  ['08P01', undefined, 'TargetFailed'],
  ['53300', undefined, 'TargetBusy'],
  ['57P01', undefined, 'TargetUnreachable'],
])('the pooler says %s (%s): %s', (code, reason, expected) => {
  const error = explain(failure(code, true, reason), { ...login, pooler: true });
  expect(error.code).toBe(expected);
  expect(error.message).toMatch(/^PgBouncer at /);
});

it.each([
  ['ENOTFOUND', 'TargetUnresolved'],
  ['EAI_AGAIN', 'TargetUnresolved'],
  ['ECONNREFUSED', 'TargetUnreachable'],
  ['EHOSTUNREACH', 'TargetUnreachable'],
  ['ECONNRESET', 'TargetUnreachable'],
  ['CLOSED', 'TargetUnreachable'],
  ['ETIMEDOUT', 'TargetTimeout'],
  ['NO_TLS', 'TargetTlsFailed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TargetTlsFailed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TargetTlsFailed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TargetTlsFailed'],
  ['CERT_HAS_EXPIRED', 'TargetTlsFailed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TargetTlsFailed'],
  [undefined, 'TargetFailed'],
])('the network says %s: %s', (code, expected) => {
  expect(explain(failure(code, false), login).code).toBe(expected);
});

it('a missing privilege is the admin that lacks it, where it is the admin', () => {
  expect(explain(failure('42501', true), { ...login, admin: true }).code).toBe('AdminPrivilegeMissing');
});

it('names login and endpoint, and keeps the code alone as its cause', () => {
  const error = explain(failure('53300', true, 'InitProcess'), login);
  expect(error.message).toMatch(/^PostgreSQL at db:5432, login "app": .*connection limit/);
  expect(String(error.cause)).toBe('ServerError: SQLSTATE 53300 (InitProcess)');
});
