import type { Provider } from '../provider.ts';
import { anthropic } from './anthropic.ts';

/** Providers that the inventory may name, by their ids. */
export const presets: Readonly<Record<string, Provider>> = { anthropic };
