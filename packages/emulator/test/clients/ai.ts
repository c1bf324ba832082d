import { assert } from "@effect/vitest"
import { type Client, collect, type Given } from "./client.js"

const openaiOf = ({ apiKey, baseURL, load }: Given) =>
  load("@ai-sdk/openai").createOpenAI({ apiKey, baseURL, compatibility: "strict" })

export const ai: Client = {
  title: "ai (the AI SDK)",
  package: "ai",
  checks: [
    {
      title: "`generateText` and `streamText`",
      run: async (given) => {
        const { generateText, streamText } = given.load("ai")
        const model = openaiOf(given)("gpt-4o")
        const prompt = "Hello there"
        assert.strictEqual((await generateText({ model, prompt })).text, "You said: Hello there")
        const { textStream, usage } = await streamText({ model, prompt })
        assert.strictEqual((await collect(textStream)).join(""), "You said: Hello there")
        assert.isAbove((await usage).totalTokens, 0)
      }
    },
    {
      title: "tools in several steps",
      run: async (given) => {
        const { generateText, tool } = given.load("ai")
        const { z } = given.load("zod")
        const { steps, text } = await generateText({
          model: openaiOf(given)("gpt-4o"),
          tools: {
            get_weather: tool({
              parameters: z.object({ city: z.string() }),
              execute: ({ city }: { readonly city: string }) => Promise.resolve(`cold in ${city}`)
            })
          },
          maxSteps: 3,
          prompt: "get_weather of \"Oslo\""
        })
        assert.deepStrictEqual([steps.length, text], [2, "get_weather returned: \"cold in Oslo\""])
      }
    },
    {
      title: "`generateObject` with a strict Schema",
      run: async (given) => {
        const { generateObject } = given.load("ai")
        const { z } = given.load("zod")
        const model = openaiOf(given)("gpt-4o", { structuredOutputs: true })
        const { object } = await generateObject({ model, schema: z.object({ city: z.string() }), prompt: "A city." })
        assert.isString(object.city)
      }
    },
    {
      title: "`embedMany`, and completions",
      run: async (given) => {
        const { embedMany, generateText } = given.load("ai")
        const openai = openaiOf(given)
        const { embeddings } = await embedMany({
          model: openai.embedding("text-embedding-3-small"),
          values: ["one", "two"]
        })
        assert.deepStrictEqual(embeddings.map(({ length }: ReadonlyArray<number>) => length), [1536, 1536])
        const { text } = await generateText({ model: openai.completion("gpt-3.5-turbo-instruct"), prompt: "Hello" })
        assert.include(text, "Hello")
      }
    }
  ]
}
