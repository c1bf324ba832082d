/** The same program with a later official client, without what Assistants v2 removed. */
import OpenAI from "openai-7"

const openai = new OpenAI()
const [assistant_id, thread_id, message_id, run_id, file_id] = ["asst_1", "thread_1", "msg_1", "run_1", "file-1"]

export const program = async (file: File) => {
  const { assistants, threads } = openai.beta
  for await (const assistant of assistants.list({ limit: 100 })) console.log(assistant.name)
  const page = await assistants.list({ limit: 1, order: "asc" })
  const assistant = await assistants.create({ model: "gpt-4-turbo", tools: [{ type: "file_search" }] })
  await assistants.update(assistant_id, { name: page.data[0]?.name ?? assistant.name })
  await assistants.retrieve(assistant_id)
  await assistants.delete(assistant_id)

  await openai.files.create({ file, purpose: "assistants" })
  for await (const file of openai.files.list({ purpose: "assistants" })) console.log(file.id)
  await openai.files.retrieve(file_id)
  await openai.files.content(file_id)
  await openai.files.delete(file_id)

  const thread = await threads.create({ messages: [{ role: "user", content: "Hi" }], metadata: { a: "b" } })
  await threads.update(thread_id, { metadata: thread.metadata })
  await threads.retrieve(thread_id)
  await threads.delete(thread_id)
  const message = await threads.messages.create(thread_id, { role: "user", content: "Hi" })
  await threads.messages.update(message_id, { thread_id, metadata: message.metadata })
  await threads.messages.retrieve(message_id, { thread_id })
  for await (const { content } of threads.messages.list(thread_id)) {
    for (const part of content) console.log(part.type === "text" ? part.text.value : undefined)
  }

  const run = await threads.runs.create(thread_id, { assistant_id })
  await threads.runs.update(run_id, { thread_id, metadata: run.metadata })
  await threads.runs.retrieve(run_id, { thread_id })
  await threads.runs.cancel(run_id, { thread_id })
  for await (const run of threads.runs.list(thread_id)) console.log(run.status)
  await threads.createAndRun({ assistant_id, thread: { messages: [{ role: "user", content: "Hi" }] } })
  await threads.runs.submitToolOutputs(run_id, { thread_id, tool_outputs: [{ tool_call_id: "call_1", output: "21" }] })
  await threads.runs.createAndPoll(thread_id, { assistant_id })
  threads.runs.stream(thread_id, { assistant_id }).on("textDelta", ({ value }) => console.log(value))
  for await (const { step_details } of threads.runs.steps.list(run_id, { thread_id })) console.log(step_details.type)
  await threads.runs.steps.retrieve("step_1", { thread_id, run_id })

  const models = await openai.models.list()
  await openai.models.retrieve(models.data[0]?.id ?? "gpt-4-turbo")
  await openai.models.delete("ft:gpt-4")
  const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a"] })
  console.log(data.map(({ embedding }) => Float32Array.from(embedding)))
  const chat = { model: "gpt-4-turbo", messages: [{ role: "user" as const, content: "Hi" }] }
  const completion = await openai.chat.completions.create(chat)
  for await (const { choices } of await openai.chat.completions.create({ ...chat, stream: true })) {
    console.log(choices[0]?.delta.content)
  }
  await openai.chat.completions.runTools({
    ...chat,
    tools: [{
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather in a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        function: (city: string) => ({ city, celsius: 21 })
      }
    }]
  }).finalContent()
  return completion.choices[0]?.message.content
}
