/** A program that uses everything: each operation, its Streams, and the functions that combine events. */
import {
  AssistantFiles,
  Assistants,
  ChatCompletions,
  ChatStream,
  Embeddings,
  Files,
  MessageFiles,
  Messages,
  Models,
  OpenAiClient,
  Runs,
  RunSteps,
  RunStream,
  Threads,
  Tool
} from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Schema, Stream } from "effect"

const ids = { assistant_id: "asst_1", thread_id: "thread_1", message_id: "msg_1", run_id: "run_1", file_id: "file-1" }
const { assistant_id, file_id, message_id, run_id, thread_id } = ids

const weather = Tool.make("get_weather", {
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
})

export const program = Effect.gen(function*() {
  const names = Stream.map(Assistants.list.items({ limit: 100 }), (assistant) => assistant.name)
  yield* Stream.runForEach(names, Effect.log)
  const page = yield* Assistants.list({ limit: 1, order: "asc" })
  const assistant = yield* Assistants.create({ model: "gpt-4-turbo", tools: [{ type: "retrieval" }] })
  yield* Assistants.modify({ assistant_id, name: page.data[0]?.name ?? assistant.name })
  yield* Assistants.retrieve({ assistant_id })
  yield* Assistants.delete({ assistant_id })

  const file = yield* Files.upload({ file: yield* FileSource.fromPath("handbook.md"), purpose: "assistants" })
  yield* Stream.runDrain(Files.list.items({ purpose: file.purpose }))
  yield* Files.retrieve({ file_id })
  yield* Files.content({ file_id })
  yield* Stream.runDrain(Files.content.stream({ file_id }))
  yield* Files.delete({ file_id })
  yield* AssistantFiles.create({ assistant_id, file_id })
  yield* AssistantFiles.retrieve({ assistant_id, file_id })
  yield* AssistantFiles.delete({ assistant_id, file_id })
  yield* Stream.runDrain(AssistantFiles.list.items({ assistant_id }))

  const thread = yield* Threads.create({ messages: [{ role: "user", content: "Hi" }], metadata: { a: "b" } })
  yield* Threads.modify({ thread_id, metadata: thread.metadata })
  yield* Threads.retrieve({ thread_id })
  yield* Threads.delete({ thread_id })
  const message = yield* Messages.create({ thread_id, role: "user", content: "Hi" })
  yield* Messages.modify({ thread_id, message_id, metadata: message.metadata })
  yield* Messages.retrieve({ thread_id, message_id })
  const texts = Messages.list.items({ thread_id }).pipe(
    Stream.mapConcat(({ content }) => content),
    Stream.map((part) => part.type === "text" ? part.text : undefined)
  )
  yield* Stream.runForEach(texts, (text) => Effect.log(text?.value))
  yield* Stream.runDrain(MessageFiles.list.items({ thread_id, message_id }))
  yield* MessageFiles.retrieve({ thread_id, message_id, file_id })

  const run = yield* Runs.create({ thread_id, assistant_id })
  yield* Runs.modify({ thread_id, run_id, metadata: run.metadata })
  yield* Runs.retrieve({ thread_id, run_id })
  yield* Runs.cancel({ thread_id, run_id })
  yield* Stream.runDrain(Runs.list.items({ thread_id }))
  yield* Runs.createThreadAndRun({ assistant_id, thread: { messages: [{ role: "user", content: "Hi" }] } })
  yield* Runs.submitToolOutputs({ thread_id, run_id, tool_outputs: [{ tool_call_id: "call_1", output: "21" }] })
  yield* Runs.createAndPoll({ thread_id, assistant_id }, { timeout: "2 minutes" })
  yield* Runs.runTools({ thread_id, assistant_id }, [weather], { onError: "output" })
  yield* Runs.create.stream({ thread_id, assistant_id }).pipe(RunStream.text, Stream.runForEach(Effect.log))
  const steps = Stream.map(RunSteps.list.items({ thread_id, run_id }), ({ step_details }) => step_details.type)
  yield* Stream.runForEach(steps, Effect.log)
  yield* RunSteps.retrieve({ thread_id, run_id, step_id: "step_1" })

  const models = yield* Models.list()
  yield* Models.retrieve({ model: models.data[0]?.id ?? "gpt-4-turbo" })
  yield* Models.delete({ model: "ft:gpt-4" })
  const { data } = yield* Embeddings.create({
    model: "text-embedding-3-small",
    input: ["a"],
    encoding_format: "base64"
  })
  yield* Effect.forEach(data, Embeddings.vector)
  const chat = { model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }] } as const
  const completion = yield* ChatCompletions.create(chat)
  yield* ChatCompletions.create.stream(chat).pipe(ChatStream.final)
  yield* ChatCompletions.runTools(chat, [weather])
  return completion.choices[0]?.message.content
}).pipe(
  Effect.catchTags({
    NotFoundError: () => Effect.succeed(null),
    RateLimitError: (error) => Effect.die(error.retryAfter)
  }),
  Effect.provide(OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer)))
)
