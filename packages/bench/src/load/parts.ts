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

/** Parts that are measured together: what one creates, the other deletes. */
export const groups: ReadonlyArray<ReadonlyArray<PartName>> = [["retrieve"], ["list"], ["create", "delete"], ["stream"]]

/** How many runs are polled to their end, one after the other. */
export const polledRuns = 10

/** A response as it is sent. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
}

export type Responses = Readonly<Record<PartName, Sent>>

/**
 * An order of the parent: to report the CPU time since the process started, to poll runs, to keep the responses to send, or
 * to run the calls of a part.
 */
export type Order = "cpu" | "poll" | { readonly responses: Responses } | { readonly part: PartName }

/** What it takes until an emulator in process is there: milliseconds of CPU for its layer, and for its first call. */
export interface Start {
  readonly layer: number
  readonly call: number
}

export type Kind =
  | "node:http"
  | "HttpApi"
  | "memory"
  | "SQLite"
  | "PostgreSQL"
  | "two nodes"
  | "undici"
  | "in process"
  | "store"

/** What a run of a part took. */
export interface Measured {
  readonly cpuMicros: number
  readonly perSecond: number
}

/** The runs by contestant and part. */
export type Results = Map<string, Array<Measured>>
