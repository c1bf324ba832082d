/** What the processes of the load measure, and the messages between them. */

/** The parts of the load. Everything that is created is deleted, except threads. */
export const parts = {
  retrieve: { title: "retrieve an assistant", amount: 2000 },
  list: { title: "list 100", amount: 200 },
  create: { title: "create one", amount: 1000 },
  delete: { title: "delete one", amount: 1000 },
  stream: { title: "streamed run", amount: 100 }
} as const

export type PartName = keyof typeof parts

export const partNames = Object.keys(parts) as ReadonlyArray<PartName>

/** A response as it is sent. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
}

export type Responses = Readonly<Record<PartName, Sent>>

/**
 * An order of the parent: to collect garbage, to report the CPU time since the process started, to keep the responses to
 * send, or to run the calls of a part.
 */
export type Order = "collect" | "cpu" | { readonly responses: Responses } | { readonly part: PartName }

export type Kind = "node:http" | "HttpApi" | "memory" | "SQLite" | "PostgreSQL" | "undici" | "in process" | "store"
