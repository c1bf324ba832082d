import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { responses, bodies, objects, of, requests } = Proxy

const without = (operation: string, ...fields: ReadonlyArray<string>) =>
  of(
    operation,
    requests((request) => ({
      ...request,
      json: Object.fromEntries(Object.entries(request.json as object).filter(([name]) => !fields.includes(name)))
    }))
  )

const choices = (f: (choice: Proxy.Fields) => Proxy.Fields) =>
  of("createChatCompletion", bodies((body) => ({ ...body, choices: body["choices"].map(f) })))

const download = (f: (bytes: Uint8Array) => Uint8Array) =>
  of(
    "downloadFile",
    responses((response) => response.status === 200 ? { ...response, bytes: f(response.bytes) } : response)
  )

/** Files, models, vectors and completions. */
export const content: ReadonlyArray<Mutation> = [
  mutation(
    "counts characters as bytes",
    "files/upload",
    of(
      "createFile",
      bodies((body) => ({ ...body, bytes: body["bytes"] - 40 }))
    )
  ),
  mutation("loses the name of a file", "files/upload", objects("file", (file) => ({ ...file, filename: "file" }))),
  mutation(
    "loses the purpose of a file",
    "files/upload",
    objects("file", (file) => ({ ...file, purpose: "assistants" }))
  ),
  mutation("cuts off a file's last byte", "files/content", download((bytes) => bytes.subarray(0, -1))),
  mutation("returns an empty file", "files/content", download(() => new Uint8Array())),
  mutation(
    "reads a file as Latin-1",
    "files/content",
    download((bytes) => new TextEncoder().encode(Buffer.from(bytes).toString("latin1")))
  ),
  mutation(
    "returns a file in Base64",
    "files/content",
    download((bytes) => new TextEncoder().encode(Buffer.from(bytes).toString("base64")))
  ),
  mutation(
    "returns a file as text of JSON",
    "files/content",
    download((bytes) => new TextEncoder().encode(JSON.stringify(new TextDecoder().decode(bytes))))
  ),
  mutation("retrieves another model", "models/list", of("retrieveModel", bodies((body) => ({ ...body, id: "other" })))),
  mutation(
    "deletes a model's neighbour",
    "models/delete",
    of(
      "listModels",
      (() => {
        let looks = 0
        return Proxy.lists((list) => ({ ...list, data: looks++ === 0 ? list["data"] : list["data"].slice(1) }))
      })()
    )
  ),
  mutation(
    "gives every text the same vector",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({
        ...body,
        data: body["data"].map((one: Proxy.Fields) => ({ ...one, embedding: body["data"][0].embedding }))
      }))
    )
  ),
  mutation(
    "returns vectors of zeros",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({
        ...body,
        data: body["data"].map((one: Proxy.Fields) => ({ ...one, embedding: one["embedding"].map(() => 0) }))
      }))
    )
  ),
  mutation(
    "numbers all vectors 0",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: body["data"].map((one: object) => ({ ...one, index: 0 })) }))
    )
  ),
  mutation(
    "returns vectors in another order",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: [...body["data"]].reverse() }))
    )
  ),
  mutation(
    "returns one vector for two texts",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: body["data"].slice(0, 1) }))
    )
  ),
  mutation(
    "counts no tokens of texts",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, usage: { prompt_tokens: 0, total_tokens: 0 } }))
    )
  ),
  mutation("returns numbers for Base64", "embeddings/base64", without("createEmbedding", "encoding_format")),
  mutation(
    "writes another vector in Base64",
    "embeddings/base64",
    of(
      "createEmbedding",
      bodies((body) => ({
        ...body,
        data: body["data"].map((one: Proxy.Fields) =>
          typeof one["embedding"] === "string" ? { ...one, embedding: "A".repeat(one["embedding"].length) } : one
        )
      }))
    )
  ),
  mutation("makes one choice of three", "chat/choices", without("createChatCompletion", "n")),
  mutation("numbers all choices 0", "chat/choices", choices((choice) => ({ ...choice, index: 0 }))),
  mutation(
    "makes empty choices",
    "chat/choices",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], content: "" }
    }))
  ),
  mutation(
    "returns as the user",
    "chat/create",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], role: "user" }
    }))
  ),
  mutation(
    "says nothing",
    "chat/create",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], content: null }
    }))
  ),
  mutation("stops for the wrong reason", "chat/create", choices((choice) => ({ ...choice, finish_reason: "length" }))),
  mutation("makes no choice", "chat/create", of("createChatCompletion", bodies((body) => ({ ...body, choices: [] })))),
  mutation(
    "adds the tokens of a completion up wrong",
    "chat/create",
    of(
      "createChatCompletion",
      bodies((body) => ({ ...body, usage: { ...body["usage"], total_tokens: 1 } }))
    )
  ),
  mutation("ignores max_tokens", "chat/length", without("createChatCompletion", "max_tokens")),
  mutation("ignores response_format", "chat/json", without("createChatCompletion", "response_format")),
  mutation("calls no function", "chat/tools", without("createChatCompletion", "tools", "tool_choice")),
  mutation(
    "calls another function",
    "chat/tools",
    of(
      "createChatCompletion",
      bodies((body) => JSON.parse(JSON.stringify(body).replaceAll("get_weather", "get_time")))
    )
  ),
  mutation(
    "calls a function with what is no JSON",
    "chat/tools",
    choices((choice) => ({
      ...choice,
      message: {
        ...choice["message"],
        ...choice["message"].tool_calls === undefined ? {} : {
          tool_calls: choice["message"].tool_calls.map((call: Proxy.Fields) => ({
            ...call,
            function: { ...call["function"], arguments: "city=Lisbon" }
          }))
        }
      }
    }))
  ),
  mutation(
    "calls two functions for one",
    "chat/tools",
    choices((choice) => ({
      ...choice,
      message: {
        ...choice["message"],
        ...choice["message"].tool_calls === undefined ? {} : {
          tool_calls: [...choice["message"].tool_calls, ...choice["message"].tool_calls]
        }
      }
    }))
  )
]
