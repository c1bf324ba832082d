/** Part of the same program with the generated client: most of its types are checked for any operation. */
import { OpenAiClient } from "@effect/ai-openai"
import { FetchHttpClient } from "@effect/platform"
import { Config, Effect, Layer } from "effect"

const [assistant_id, thread_id, message_id, run_id, file_id] = ["asst_1", "thread_1", "msg_1", "run_1", "file-1"]

export const program = Effect.gen(function*() {
  const { client } = yield* OpenAiClient.OpenAiClient
  const page = yield* client.listAssistants({ limit: 100 })
  const assistant = yield* client.createAssistant({ model: "gpt-4-turbo", tools: [{ type: "file_search" }] })
  yield* client.modifyAssistant(assistant_id, { name: page.data[0]?.name ?? assistant.name })
  yield* client.getAssistant(assistant_id)
  yield* client.deleteAssistant(assistant_id)
  yield* client.listFiles()
  yield* client.retrieveFile(file_id)
  yield* client.deleteFile(file_id)
  yield* client.createThread({ messages: [{ role: "user", content: "Hi" }] })
  yield* client.getThread(thread_id)
  yield* client.deleteThread(thread_id)
  yield* client.createMessage(thread_id, { role: "user", content: "Hi" })
  yield* client.getMessage(thread_id, message_id)
  const messages = yield* client.listMessages(thread_id)
  yield* Effect.log(messages.data.map(({ content }) => content))
  const run = yield* client.createRun(thread_id, { payload: { assistant_id } })
  yield* Effect.log(run.status)
  yield* client.getRun(thread_id, run_id)
  yield* client.cancelRun(thread_id, run_id)
  yield* client.listRuns(thread_id)
  yield* client.listModels()
  const completion = yield* client.createChatCompletion({
    model: "gpt-4-turbo",
    messages: [{ role: "user", content: "Hi" }]
  })
  return completion.choices[0]?.message.content
}).pipe(
  Effect.provide(
    OpenAiClient.layerConfig({ apiKey: Config.redacted("OPENAI_API_KEY") }).pipe(Layer.provide(FetchHttpClient.layer))
  )
)
