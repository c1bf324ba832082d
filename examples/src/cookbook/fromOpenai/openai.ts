/**
 * Calls of `openai`. `client.ts` has the same calls of this library.
 */
import { createReadStream } from "node:fs"
import OpenAI from "openai-7"

const messages = [{ role: "user" as const, content: "How warm is it in Lisbon?" }]

// #region client
const openai = new OpenAI({ maxRetries: 4, timeout: 30_000 })
// #endregion client

export const chat = async () => {
  // #region chat
  const { choices } = await openai.chat.completions.create({ model: "gpt-4o", messages })
  return choices[0]?.message.content
  // #endregion chat
}

export const stream = async () => {
  // #region stream
  const stream = await openai.chat.completions.create({ model: "gpt-4o", messages, stream: true })
  for await (const chunk of stream) {
    process.stdout.write(chunk.choices[0]?.delta.content ?? "")
  }
  // #endregion stream
}

export const tools = async () => {
  // #region tools
  const runner = openai.chat.completions.runTools({
    model: "gpt-4o",
    messages,
    tools: [{
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather in a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        parse: (text: string) => JSON.parse(text) as { city: string },
        function: ({ city }: { city: string }) => ({ city, celsius: 21 })
      }
    }]
  })
  return await runner.finalContent()
  // #endregion tools
}

export const list = async () => {
  // #region list
  const names: Array<string> = []
  for await (const file of openai.files.list({ limit: 100 })) names.push(file.filename)
  return names
  // #endregion list
}

export const upload = async () => {
  // #region upload
  const { id } = await openai.files.create({ file: createReadStream("handbook.md"), purpose: "assistants" })
  const bytes = await (await openai.files.content(id)).arrayBuffer()
  // #endregion upload
  return bytes
}

export const errors = async () => {
  // #region errors
  try {
    return (await openai.files.retrieve("file-abc123")).filename
  } catch (error) {
    if (error instanceof OpenAI.NotFoundError) return "unknown"
    if (error instanceof OpenAI.RateLimitError) return `busy: ${error.headers.get("retry-after")}`
    throw error
  }
  // #endregion errors
}

export const cancel = async () => {
  // #region cancel
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), 1000)
  try {
    return await openai.chat.completions.create({ model: "gpt-4o", messages }, { signal: controller.signal })
  } finally {
    clearTimeout(timer)
  }
  // #endregion cancel
}

export const response = async () => {
  // #region response
  const { data, request_id, response } = await openai.models.list().withResponse()
  // #endregion response
  return { data, request_id, status: response.status }
}
