/** The least that a program without a client can do: URLs, `JSON.parse`, promises only for bytes, no validation. */
import type { Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"
import { tasks } from "./promises.js"

export interface Transport {
  readonly json: (url: string, body?: string) => Promise<any>
  readonly chunks: (url: string, body: string, onChunk: (bytes: Uint8Array) => void) => Promise<void>
}

export const headers = { authorization: "Bearer sk-bench", "openai-beta": "assistants=v1", accept: "application/json" }

export const jsonHeaders = { ...headers, "content-type": "application/json" }

const chatRequest = JSON.stringify({ model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }], stream: true })

export const raw = (transport: Transport) => (baseUrl: string): Tasks => {
  const items = async () => {
    let total = Payloads.none
    for (let after = "";;) {
      const page = await transport.json(`${baseUrl}/assistants?limit=100${after}`)
      total = page.data.reduce(Payloads.addAssistant, total)
      if (!page.has_more) return total
      after = `&after=${page.last_id}`
    }
  }

  const completion = JSON.stringify({ model: "gpt-4-turbo", messages: [{ role: "user", content: "Hi" }] })

  const events = async (add: (total: Payloads.Count, event: any) => Payloads.Count) => {
    const decoder = new TextDecoder()
    let total = Payloads.none
    let rest = ""
    await transport.chunks(`${baseUrl}/chat/completions`, chatRequest, (bytes) => {
      const text = rest + decoder.decode(bytes, { stream: true })
      let start = 0
      for (let end; (end = text.indexOf("\n\n", start)) !== -1; start = end + 2) {
        const data = text.slice(start + "data: ".length, end)
        if (data !== "[DONE]") total = add(total, JSON.parse(data))
      }
      rest = text.slice(start)
    })
    return total
  }

  const embeddings = async (encoding_format: string): Promise<ReadonlyArray<any>> => {
    const request = { model: "text-embedding-3-small", input: Payloads.input, encoding_format }
    const { data } = await transport.json(`${baseUrl}/embeddings`, JSON.stringify(request))
    return data.map(({ embedding }: any) => embedding)
  }

  return tasks({
    retrieve: (id) => transport.json(`${baseUrl}/assistants/${id}`),
    items,
    events: () => events(Payloads.addDelta),
    text: async () => (await transport.json(`${baseUrl}/chat/completions`, completion)).choices[0].message.content,
    texts: () => events((total, event) => Payloads.addText(total, event.choices[0].delta.content ?? "")),
    embeddings: () => embeddings("float"),
    embeddingsBase64: async () =>
      (await embeddings("base64")).map((text) => {
        const bytes = Buffer.from(text, "base64")
        return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      }),
    retries: false
  })
}
