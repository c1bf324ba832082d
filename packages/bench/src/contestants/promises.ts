/** The tasks of contestants whose functions return promises. */
import { repeat, type Tasks } from "../contestant.js"
import * as Payloads from "../payloads.js"

export interface Client {
  readonly retrieve: (id: string) => Promise<Payloads.Readable>
  readonly items: () => Promise<Payloads.Count>
  readonly events: () => Promise<Payloads.Count>
  readonly embeddings: () => Promise<ReadonlyArray<ArrayLike<number>>>
  readonly embeddingsBase64?: () => Promise<ReadonlyArray<ArrayLike<number>>>
  /** Returns the text of a completion. */
  readonly text?: () => Promise<string>
  /** Returns the texts of a streamed completion that are not empty. */
  readonly texts?: () => Promise<Payloads.Count>
  readonly retries: boolean
}

export const tasks = (client: Client): Tasks => {
  const calls = (width: number) => async (amount: number) => {
    let total = Payloads.none
    await repeat(amount, width, async () => {
      const assistant = await client.retrieve(Payloads.assistantId(0))
      total = Payloads.addAssistant(total, assistant)
    })
    return total
  }
  const vectors = (embeddings: Client["embeddings"]) => async (amount: number) => {
    let total = Payloads.none
    await repeat(amount, 1, async () => {
      for (const vector of await embeddings()) total = Payloads.addVector(total, vector)
    })
    return total
  }
  const { text, texts } = client
  return {
    ...(text === undefined ? {} : {
      text: async (amount: number) => {
        let total = Payloads.none
        await repeat(amount, 1, async () => {
          total = Payloads.addText(total, await text())
        })
        return total
      }
    }),
    ...(texts === undefined ? {} : { "text/stream": texts }),
    sequential: calls(1),
    concurrent: calls(64),
    pages: client.items,
    stream: client.events,
    "stream/single": client.events,
    embeddings: vectors(client.embeddings),
    ...(client.embeddingsBase64 === undefined ? {} : { "embeddings/base64": vectors(client.embeddingsBase64) }),
    ...(client.retries ? { retry: calls(1) } : {}),
    million: client.items
  }
}
