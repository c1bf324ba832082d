import { Assistants, ChatCompletions, ChatStream, Files, FileSource } from "@effect-openai/client"
import { Cause, Effect, Exit, Stream } from "effect"

/** Fails a check with a readable message. */
export const expect = (condition: boolean, message: string): Effect.Effect<void> =>
  condition ? Effect.void : Effect.dieMessage(message)

/** Runs a check. Rejects with the reason of its failure. */
export const run = async <E>(check: Effect.Effect<void, E>): Promise<void> => {
  const exit = await Effect.runPromiseExit(check)
  if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
}

/** One call of each kind: JSON, pages, events, a form, bytes, and a refusal. */
export const calls = Effect.gen(function*() {
  const created = yield* Effect.forEach(
    ["Ada", "Grace", "Hedy"],
    (name) => Assistants.create({ model: "gpt-4o", name }),
    { concurrency: 3 }
  )
  const found = yield* Assistants.list.items({ limit: 2 }).pipe(
    Stream.filter(({ id }) => created.some((assistant) => assistant.id === id)),
    Stream.runCount
  )
  yield* expect(found === 3, `${found} of 3 assistants are on the pages`)

  const request = { model: "gpt-4o", messages: [{ role: "user", content: "Say this: twelve pages" }] } as const
  const { choices } = yield* ChatCompletions.create(request)
  const text = choices[0]?.message.content
  yield* expect(typeof text === "string" && text !== "", `the model says ${text}`)
  const streamed = yield* Stream.mkString(ChatStream.text(ChatCompletions.create.stream(request)))
  yield* expect(text === streamed, `the model says ${text}, and streams ${streamed}`)

  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
  const file = yield* Files.upload({ file: FileSource.fromBytes("bytes.bin", bytes), purpose: "assistants" })
  const received = yield* Stream.runFold(
    Files.content.stream({ file_id: file.id }),
    0,
    (size, { length }) => size + length
  )
  yield* expect(received === bytes.length, `${received} of ${bytes.length} bytes are received`)
  yield* Files.delete({ file_id: file.id })

  const refused = yield* Effect.flip(Assistants.retrieve({ assistant_id: "asst_none" }))
  yield* expect(refused._tag === "NotFoundError", `${refused._tag} instead of NotFoundError`)
})
