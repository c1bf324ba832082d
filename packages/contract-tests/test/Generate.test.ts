import { Fixture } from "@effect-openai/contract-tests"
import { assert, describe, it } from "@effect/vitest"
import { generate, kebab, unexplained } from "../scripts/generate.js"

const deletion = "{ \"id\": \"file-1\", \"object\": \"file\", \"deleted\": true }"

const chunk =
  "{ \"id\": \"a\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\", \"choices\": [] }"

const documentWith = (response: string) => ({
  name: "openai-2024-12-18.yaml",
  text: `
paths:
  /files:
    post:
      operationId: createFile
      responses: {}
      x-oaiMeta:
        name: Upload file
        examples:
          request:
            curl: |
              curl https://api.openai.com/v1/files \\
                -H "Authorization: Bearer $OPENAI_API_KEY" \\
                -F purpose="assistants" \\
                -F file="@a.jsonl"
  /files/{file_id}:
    delete:
      operationId: deleteFile
      responses:
        "200":
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/DeleteFileResponse"
      x-oaiMeta:
        name: Delete file
        examples:
          request:
            curl: |
              curl https://api.openai.com/v1/files/file-1 \\
                -X DELETE \\
                -H "Authorization: Bearer $OPENAI_API_KEY"
          response: &deletion |
            ${response}
  /chat/completions:
    post:
      operationId: createChatCompletion
      responses: {}
      x-oaiMeta:
        name: Create chat completion
        examples:
          - title: Streaming Tools
            request:
              curl: |
                curl https://api.openai.com/v1/chat/completions \\
                  -H "Authorization: Bearer $OPENAI_API_KEY" \\
                  -d '{ "model": "m", "messages": [{ "role": "user", "content": "a" }], "stream": true }'
            response: |
              ${chunk}

              ....

              ${chunk}
components:
  schemas:
    DeleteFileResponse:
      x-oaiMeta:
        name: The deletion
        example: *deletion
    DeletionOfAnother:
      x-oaiMeta:
        name: Another object
        example: |
          {}
`
})

const lineOf = (text: string) => documentWith(deletion).text.split("\n").findIndex((line) => line.includes(text)) + 1

const one = (response: string, existing?: Fixture.Contents) =>
  generate(documentWith(response), "deleteFile", () => existing)[0]!.contents

describe("generate", () => {
  it("has a fixture for each example of an operation, and of the object that it returns", () => {
    const [example, object, ...others] = generate(documentWith(deletion), "deleteFile")
    assert.lengthOf(others, 0)
    assert.strictEqual(example!.slug, "openai-2024-12-18")
    assert.strictEqual(object!.slug, "openai-2024-12-18-delete-file-response")
    const request = {
      method: "DELETE",
      path: "/files/file-1",
      query: [],
      headers: { authorization: "Bearer $OPENAI_API_KEY" },
      body: null
    } as const
    assert.deepStrictEqual(example!.contents.repaired.request, request)
    assert.strictEqual(example!.contents.documented.request?.line, lineOf("-X DELETE") - 2)
    assert.deepStrictEqual(example!.contents.documented.response, {
      format: "json",
      line: lineOf("response: &deletion"),
      text: `${deletion}\n`
    })
    assert.deepStrictEqual(object!.contents.documented, {
      request: null,
      response: { format: "json", line: lineOf("example: *deletion"), text: `${deletion}\n`, alias: "deletion" }
    })
    assert.deepStrictEqual(object!.contents.supplied, { request })
    for (const { contents } of [example!, object!]) {
      assert.deepStrictEqual(Fixture.problems(contents), [])
      assert.strictEqual(contents.verdict.kind, "exact")
      assert.notStrictEqual(contents.verdict.reason, unexplained)
    }
  })

  it("has the repairs and deviations, and leaves the reason to a person", () => {
    const { repaired, verdict } = one("{ \"id\": \"file-1\", \"object\": \"file\", \"data\": [{}, { ... }], }")
    assert.deepStrictEqual(repaired.response?.body, { json: { id: "file-1", object: "file", data: [{}] } })
    assert.deepStrictEqual(verdict, {
      kind: "deviates",
      reason: unexplained,
      repairs: ["elided objects", "trailing commas"],
      deviations: [{ field: "data", what: "is not documented" }, { field: "deleted", what: "is missing" }]
    })
  })

  it("keeps what a person writes until the verdict changes", () => {
    const first = one("{ \"id\": \"file-1\", \"object\": \"file\" }")
    const supplied = { response: { status: 200, contentType: "application/json", body: { json: {} } } }
    const explained: Fixture.Contents = {
      ...first,
      supplied,
      verdict: { ...first.verdict, kind: "incomplete", reason: "The response is supplied." }
    }
    const second = one("{ \"id\": \"file-2\", \"object\": \"file\" }", explained)
    assert.deepStrictEqual<Fixture.Contents>(
      { ...second, documented: first.documented, repaired: first.repaired },
      explained
    )
    assert.notDeepEqual(second.repaired, first.repaired)
    assert.strictEqual(one("{ \"id\": \"file-1\", \"object\": \"a\" }", explained).verdict.reason, unexplained)
  })

  it("supplies the done marker of a stream", () => {
    const [{ contents, slug }] = generate(documentWith(deletion), "createChatCompletion") as [any]
    assert.strictEqual(slug, "openai-2024-12-18-streaming-tools")
    assert.strictEqual(contents.title, "Create chat completion: Streaming Tools")
    assert.lengthOf(contents.repaired.response.body.events, 2)
    assert.deepStrictEqual(contents.supplied, { done: true })
    assert.deepStrictEqual(contents.verdict.deviations, [])
    assert.deepStrictEqual(Fixture.problems(contents), [])
  })

  it("supplies the bytes of a file, and reports a missing response", () => {
    const [{ contents }] = generate(documentWith(deletion), "createFile") as [any]
    assert.deepStrictEqual(contents.supplied, { files: { "a.jsonl": { text: "Supplied by this fixture." } } })
    assert.deepStrictEqual(Fixture.problems(contents), ["there is no response"])
  })

  it("refuses an operation that the document does not have", () => {
    assert.throws(() => generate(documentWith(deletion), "listFiles"), /has no operation listFiles/)
  })

  it("names files as the fixtures do", () => {
    assert.strictEqual(kebab("OpenAIFile"), "openai-file")
    assert.strictEqual(kebab("Streaming with Functions"), "streaming-with-functions")
  })
})
