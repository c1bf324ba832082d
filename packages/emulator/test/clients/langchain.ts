import { assert } from "@effect/vitest"
import { type Client, collect, type Given, model, weather } from "./client.js"

/** The options of LangChain's models. */
const settings = ({ apiKey, baseURL }: Given) => ({
  openAIApiKey: apiKey,
  configuration: { baseURL },
  maxRetries: 0
})

const question = "get_weather of \"Oslo\""

export const langchain: Client = {
  title: "LangChain",
  package: "langchain",
  checks: [
    {
      title: "`OpenAIAssistantRunnable` as an agent with a tool",
      run: async ({ apiKey, baseURL, load }) => {
        const { OpenAIAssistantRunnable } = load("langchain/experimental/openai_assistant")
        const { AgentExecutor } = load("langchain/agents")
        const { DynamicStructuredTool } = load("@langchain/core/tools")
        const { z } = load("zod")
        const tools = [
          new DynamicStructuredTool({
            name: "get_weather",
            description: "The weather in a city",
            schema: z.object({ city: z.string() }),
            func: ({ city }: { readonly city: string }) => Promise.resolve(`cold in ${city}`)
          })
        ]
        const agent = await OpenAIAssistantRunnable.createAssistant({
          clientOptions: { apiKey, baseURL, maxRetries: 0 },
          model,
          tools,
          asAgent: true,
          pollIntervalMs: 10
        })
        const executor = AgentExecutor.fromAgentAndTools({ agent, tools })
        const { output, threadId } = await executor.invoke({ content: question })
        assert.strictEqual(output, "get_weather returned: cold in Oslo")
        const next = await executor.invoke({ content: "Hello", threadId })
        assert.strictEqual(next.output, "You said: Hello")
        assert.isTrue((await agent.deleteAssistant()).deleted)
      }
    },
    {
      title: "`ChatOpenAI`, streamed and with a tool",
      run: async (given) => {
        const { ChatOpenAI } = given.load("@langchain/openai")
        const { HumanMessage, ToolMessage } = given.load("@langchain/core/messages")
        const chat = new ChatOpenAI({ ...settings(given), model })
        assert.strictEqual((await chat.invoke("Hello there")).content, "You said: Hello there")
        const chunks = await collect<{ readonly content: string }>(await chat.stream("Hello there"))
        assert.strictEqual(chunks.map(({ content }) => content).join(""), "You said: Hello there")
        const called = await chat.invoke(question, { tools: [weather] })
        const [call] = called.additional_kwargs.tool_calls
        assert.deepStrictEqual(JSON.parse(call.function.arguments), { city: "Oslo" })
        const output = new ToolMessage({ tool_call_id: call.id, name: "get_weather", content: "cold" })
        const reply = await chat.invoke([new HumanMessage(question), called, output], { tools: [weather] })
        assert.strictEqual(reply.content, "get_weather returned: cold")
      }
    },
    {
      title: "`OpenAIEmbeddings`, and `OpenAI` for completions",
      run: async (given) => {
        const { OpenAI, OpenAIEmbeddings } = given.load("@langchain/openai")
        const vectors = await new OpenAIEmbeddings(settings(given)).embedDocuments(["one", "two"])
        assert.deepStrictEqual(vectors.map(({ length }: ReadonlyArray<number>) => length), [1536, 1536])
        const completions = new OpenAI({ ...settings(given), modelName: "gpt-3.5-turbo-instruct" })
        assert.include(await completions.invoke("Say hello."), "hello")
      }
    }
  ]
}
