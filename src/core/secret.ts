import { inspect } from 'node:util';

/**
 * A value that must not be printed by accident: every implicit way to text (template, JSON, inspect, log)
 * shows `[secret]`; only `reveal()` gives the value, and that word is easy to search for.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
