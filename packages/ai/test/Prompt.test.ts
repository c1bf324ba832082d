import { LanguageModel, Prompt } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { completion, fake, over } from "./utils.js"

const send = (prompt: Prompt.RawInput, config?: Parameters<typeof over>[1]) => {
  const { bodies, layer } = fake(completion({ content: "Hi" }))
  return LanguageModel.generateText({ prompt }).pipe(over(layer, config), Effect.map(() => bodies[0].messages))
}

const file = (mediaType: string, data: string | Uint8Array | URL, options?: Prompt.FilePart["options"]) =>
  Prompt.makePart("file", { mediaType, data, ...(options === undefined ? {} : { options }) })

const user = (...content: ReadonlyArray<Prompt.UserMessagePart>) => [Prompt.makeMessage("user", { content })]

const bytes = new Uint8Array([1, 2, 3])

describe("prompts", () => {
  it.effect("sends images, audio and documents as parts", () =>
    Effect.gen(function*() {
      const messages = yield* send(
        user(
          Prompt.makePart("text", { text: "Look" }),
          file("image/png", bytes),
          file("image/*", "AQID"),
          file("image/png", new URL("https://example.com/a.png"), { openai: { imageDetail: "low" } }),
          file("image/png", "data:image/png;base64,AQID"),
          file("audio/mpeg", bytes),
          file("application/pdf", bytes),
          file("application/pdf", "file-1")
        ),
        { fileIdPrefixes: ["file-"] }
      )
      assert.deepStrictEqual(messages, [{
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
          { type: "image_url", image_url: { url: "data:image/jpeg;base64,AQID" } },
          { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
          { type: "input_audio", input_audio: { data: "AQID", format: "mp3" } },
          { type: "file", file: { filename: "part-6.pdf", file_data: "data:application/pdf;base64,AQID" } },
          { type: "file", file: { file_id: "file-1" } }
        ]
      }])
    }))

  it.effect("sends one message of the assistant with its calls, and one for each result", () =>
    Effect.gen(function*() {
      const messages = yield* send([
        Prompt.makeMessage("assistant", {
          content: [
            Prompt.makePart("reasoning", { text: "Hm" }),
            Prompt.makePart("text", { text: "Let me " }),
            Prompt.makePart("text", { text: "see." }),
            Prompt.makePart("tool-call", { id: "a", name: "now", params: { zone: "UTC" }, providerExecuted: false })
          ]
        }),
        Prompt.makeMessage("assistant", { content: [Prompt.makePart("reasoning", { text: "Hm" })] }),
        Prompt.makeMessage("tool", {
          content: [
            { id: "a", result: "noon" },
            { id: "b", result: { hour: 12 } },
            { id: "c", result: undefined }
          ].map((one) =>
            Prompt.makePart("tool-result", { ...one, name: "now", isFailure: false, providerExecuted: false })
          )
        })
      ])
      assert.deepStrictEqual(messages, [
        {
          role: "assistant",
          content: "Let me see.",
          tool_calls: [{ id: "a", type: "function", function: { name: "now", arguments: "{\"zone\":\"UTC\"}" } }]
        },
        { role: "tool", tool_call_id: "a", content: "noon" },
        { role: "tool", tool_call_id: "b", content: "{\"hour\":12}" },
        { role: "tool", tool_call_id: "c", content: "null" }
      ])
    }))

  it.effect.each(
    [
      ["a file of another type", user(file("video/mp4", bytes)), "video/mp4"],
      ["the URL of a document", user(file("application/pdf", new URL("https://example.com/a.pdf"))), "not a URL"],
      ["a call that is not JSON", [
        Prompt.makeMessage("assistant", {
          content: [Prompt.makePart("tool-call", { id: "a", name: "now", params: 1n, providerExecuted: false })]
        })
      ], "call a is not JSON"],
      ["a prompt without messages", [], "messages"]
    ] as const
  )("fails with MalformedInput for %s", ([_, prompt, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(send(prompt))
      assert(error._tag === "MalformedInput")
      assert.include(error.description, message)
    }))
})
