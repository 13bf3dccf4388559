export * from '../core/entry.ts';
