export * from '../../lib/rehearsal/estates/postgres-server.ts';
