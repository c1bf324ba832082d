/** The emulator's store in a PostgreSQL database, whose URL the environment of the process has. */
import * as PgStore from "@effect-openai/emulator/PgStore"
import * as Redacted from "effect/Redacted"

export const store = () => PgStore.layer({ url: Redacted.make(process.env["LOAD_POSTGRES"] ?? "") })
