import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bank } from '../bank.ts';
import type { RouteName } from '../control/faults.ts';
import type { Sandbox } from '../sandbox.ts';

/** One call of the interface: its name, where it is, and what answers it. */
export interface Operation {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/berlin-group/<bank>/v1`. */
  readonly path: string;
  readonly handle: (call: Call) => unknown;
  /** What a bank answers with if not with JSON. */
  readonly contentType?: (bank: Bank) => string;
}

export interface Call {
  readonly name: RouteName;
  readonly sandbox: Sandbox;
  readonly bank: Bank;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** `_links` of the standard. */
export type Links = Readonly<Record<string, { readonly href: string }>>;
