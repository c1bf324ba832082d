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

/** Faults of files, models, embeddings and completions. */
export const content: ReadonlyArray<Mutation> = [
  mutation(
    "returns the wrong size of a file",
    "files/upload",
    of(
      "createFile",
      bodies((body) => ({ ...body, bytes: body["bytes"] - 40 }))
    )
  ),
  mutation(
    "returns the wrong name of a file",
    "files/upload",
    objects("file", (file) => ({ ...file, filename: "file" }))
  ),
  mutation(
    "returns the wrong purpose of a file",
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
    "returns a file as a JSON string",
    "files/content",
    download((bytes) => new TextEncoder().encode(JSON.stringify(new TextDecoder().decode(bytes))))
  ),
  mutation("retrieves another model", "models/list", of("retrieveModel", bodies((body) => ({ ...body, id: "other" })))),
  mutation(
    "deletes another model too",
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
    "returns the same embedding for every text",
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
    "returns embeddings of zeros",
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
    "returns index 0 for every embedding",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: body["data"].map((one: object) => ({ ...one, index: 0 })) }))
    )
  ),
  mutation(
    "returns embeddings in another order",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: [...body["data"]].reverse() }))
    )
  ),
  mutation(
    "returns one embedding for two texts",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, data: body["data"].slice(0, 1) }))
    )
  ),
  mutation(
    "returns no tokens in the usage of embeddings",
    "embeddings/create",
    of(
      "createEmbedding",
      bodies((body) => ({ ...body, usage: { prompt_tokens: 0, total_tokens: 0 } }))
    )
  ),
  mutation("returns numbers for Base64", "embeddings/base64", without("createEmbedding", "encoding_format")),
  mutation(
    "returns another embedding in Base64",
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
  mutation("returns one choice of three", "chat/choices", without("createChatCompletion", "n")),
  mutation("returns index 0 for every choice", "chat/choices", choices((choice) => ({ ...choice, index: 0 }))),
  mutation(
    "returns choices without text",
    "chat/choices",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], content: "" }
    }))
  ),
  mutation(
    "returns the role of the user",
    "chat/create",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], role: "user" }
    }))
  ),
  mutation(
    "returns null as content",
    "chat/create",
    choices((choice) => ({
      ...choice,
      message: { ...choice["message"], content: null }
    }))
  ),
  mutation(
    "returns the wrong finish_reason",
    "chat/create",
    choices((choice) => ({ ...choice, finish_reason: "length" }))
  ),
  mutation(
    "returns no choices",
    "chat/create",
    of("createChatCompletion", bodies((body) => ({ ...body, choices: [] })))
  ),
  mutation(
    "returns wrong total_tokens of a completion",
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
    "calls a function with invalid JSON",
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
    "calls a function twice",
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
