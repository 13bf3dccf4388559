import type { ViewDeclaration } from './types.ts';

export function templateOf(view: string | ViewDeclaration): string {
  return typeof view === 'string' ? view : view.template;
}
