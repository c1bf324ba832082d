/** A process that opens the databases whose URLs it receives, and leaves a document in each. It sends what went wrong. */
import * as PgStore from "@effect-openai/emulator/PgStore"
import * as Store from "@effect-openai/emulator/Store"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const opened = Store.collection<Store.Document>({ name: "opened", timeOf: () => 0 })

process.on("message", (url: string) => {
  void Effect.runPromise(
    PgStore.make({ url: Redacted.make(url), maxConnections: 1 }).pipe(
      Effect.flatMap((store) => store.insert(opened, { id: `${process.pid}` })),
      Effect.scoped,
      Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "" })
    )
  ).then((problem) => process.send!(problem))
})

process.send!("")
