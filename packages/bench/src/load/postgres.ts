/** The emulator on a PostgreSQL database, and how many requests a second each store has. */
import * as PgStore from "@effect-openai/emulator/PgStore"
import * as Redacted from "effect/Redacted"
import { type PartName, partNames, parts } from "./parts.js"

/** The store of a database, whose URL the environment of the process has. */
export const store = () => PgStore.layer({ url: Redacted.make(process.env["LOAD_POSTGRES"] ?? "") })

const stores = { memory: "in memory", SQLite: "SQLite", PostgreSQL: "PostgreSQL" } as const

/** Requests a second of each store. */
export const throughput = (show: (store: keyof typeof stores, part: PartName) => string): ReadonlyArray<string> => {
  const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const kinds = Object.keys(stores) as ReadonlyArray<keyof typeof stores>
  return [
    row(["requests per second", ...Object.values(stores)]),
    row(["---", ...kinds.map(() => "--:")]),
    ...partNames.map((part) => row([parts[part].title, ...kinds.map((kind) => show(kind, part))]))
  ]
}
