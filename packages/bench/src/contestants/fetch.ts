import { compete } from "../contestant.js"
import { headers, jsonHeaders, raw } from "./raw.js"

const send = (url: string, body: string | undefined) =>
  body === undefined ? fetch(url, { headers }) : fetch(url, { method: "POST", headers: jsonHeaders, body })

compete(raw({
  json: async (url, body) => (await send(url, body)).json(),
  chunks: async (url, request, onChunk) => {
    const { body } = await send(url, request)
    const reader = body!.getReader()
    for (let chunk; !(chunk = await reader.read()).done;) onChunk(chunk.value)
  }
}))
