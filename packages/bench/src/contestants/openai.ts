/** The official clients, used as their documentation shows. */
import type { Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"
import { tasks } from "./promises.js"

interface OpenAI {
  readonly beta: {
    readonly assistants: {
      readonly retrieve: (id: string) => Promise<Payloads.Readable>
      readonly list: (query: { readonly limit: number }) => AsyncIterable<Payloads.Readable>
    }
  }
  readonly chat: {
    readonly completions: {
      readonly create: (request: {
        model: string
        messages: Array<{ role: "user"; content: string }>
        stream: true
      }) => Promise<AsyncIterable<{ choices: Array<{ delta: { content?: string | null } }> }>>
    }
  }
  readonly embeddings: {
    readonly create: (request: {
      model: string
      input: Array<string>
      encoding_format?: "float"
    }) => Promise<{ data: Array<{ embedding: Array<number> }> }>
  }
}

export const options = (baseURL: string) => ({ apiKey: "sk-bench", baseURL })

export const official = (client: OpenAI, base64: boolean): Tasks => {
  const embeddings = async (options: { readonly encoding_format?: "float" }) =>
    (await client.embeddings.create({ model: "text-embedding-3-small", input: [...Payloads.input], ...options })).data
      .map((
        { embedding }
      ) => embedding)
  return tasks({
    retrieve: (id) => client.beta.assistants.retrieve(id),
    items: async () => {
      let total = Payloads.none
      for await (const item of client.beta.assistants.list({ limit: 100 })) total = Payloads.addAssistant(total, item)
      return total
    },
    events: async () => {
      let total = Payloads.none
      const events = await client.chat.completions.create({
        model: "gpt-4-turbo",
        messages: [{ role: "user", content: "Hi" }],
        stream: true
      })
      for await (const event of events) total = Payloads.addDelta(total, event)
      return total
    },
    embeddings: () => embeddings({ encoding_format: "float" }),
    // From version 5 on the default is base64, which the client decodes to an array of numbers.
    ...(base64 ? { embeddingsBase64: () => embeddings({}) } : {}),
    retries: true
  })
}
