export * from '../../lib/rehearsal/estates/certificates.ts';
