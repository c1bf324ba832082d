import { assert } from "@effect/vitest"
import { type Client, type Given, model, settled, weather } from "./client.js"

/** Azure's client for the API of OpenAI, with the emulator as the server. */
const clientOf = ({ apiKey, baseURL, load }: Given) => {
  const { AssistantsClient, OpenAIKeyCredential } = load("@azure/openai-assistants")
  return new AssistantsClient(new OpenAIKeyCredential(apiKey), { baseUrl: baseURL, allowInsecureConnection: true })
}

export const azure: Client = {
  title: "Azure's client for Assistants",
  package: "@azure/openai-assistants",
  checks: [
    {
      title: "assistants",
      run: async (given) => {
        const client = clientOf(given)
        const { id } = await client.createAssistant({ model, name: "a", metadata: { suite: "clients" } })
        assert.strictEqual((await client.updateAssistant(id, { name: "z" })).name, "z")
        const { createdAt, metadata, name } = await client.getAssistant(id)
        assert.deepStrictEqual([name, metadata], ["z", { suite: "clients" }])
        assert.isBelow(Math.abs(Date.now() - createdAt.getTime()), 60_000)
        assert.strictEqual((await client.listAssistants({ limit: 1 })).firstId, id)
        assert.isTrue((await client.deleteAssistant(id)).deleted)
      }
    },
    {
      title: "files of assistants and messages",
      run: async (given) => {
        const client = clientOf(given)
        const { id } = await client.uploadFile(new TextEncoder().encode("Seven stars shine."), "assistants")
        assert.strictEqual((await client.getFile(id)).bytes, 18)
        const assistant = await client.createAssistant({ model, tools: [{ type: "retrieval" }] })
        await client.createAssistantFile(assistant.id, id)
        assert.strictEqual((await client.getAssistantFile(assistant.id, id)).assistantId, assistant.id)
        assert.strictEqual((await client.listAssistantFiles(assistant.id)).data[0].id, id)
        assert.isTrue((await client.deleteAssistantFile(assistant.id, id)).deleted)
        const thread = await client.createThread()
        const message = await client.createMessage(thread.id, "user", "How many?", { fileIds: [id] })
        assert.strictEqual((await client.listMessageFiles(thread.id, message.id)).data[0].id, id)
        assert.strictEqual((await client.getMessageFile(thread.id, message.id, id)).messageId, message.id)
        assert.isTrue((await client.deleteFile(id)).deleted)
      }
    },
    {
      title: "runs with a function, polled",
      run: async (given) => {
        const client = clientOf(given)
        const assistant = await client.createAssistant({ model, tools: [weather] })
        const thread = await client.createThread({ messages: [{ role: "user", content: "get_weather of \"Oslo\"" }] })
        const retrieve = (id: string) => () => client.getRun(thread.id, id)
        const created = await client.createRun(thread.id, { assistantId: assistant.id })
        const run = await settled<any>(created, retrieve(created.id))
        const { toolCalls } = run.requiredAction.submitToolOutputs
        assert.deepStrictEqual(JSON.parse(toolCalls[0].function.arguments), { city: "Oslo" })
        const outputs = toolCalls.map(({ id }: { readonly id: string }) => ({ toolCallId: id, output: "cold" }))
        const submitted = await client.submitToolOutputsToRun(thread.id, run.id, outputs)
        assert.strictEqual((await settled<any>(submitted, retrieve(run.id))).status, "completed")
        const [reply] = (await client.listMessages(thread.id)).data
        assert.strictEqual(reply.content[0].text.value, "get_weather returned: cold")
        const steps = (await client.listRunSteps(thread.id, run.id)).data
        assert.sameMembers(steps.map(({ type }: { readonly type: string }) => type), ["tool_calls", "message_creation"])
      }
    }
  ]
}
