import { type Exchange, Render, Report, Suite, Target } from "@effect-openai/contract-tests"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Redacted, Schema } from "effect"
import { execFile, execFileSync } from "node:child_process"
import { SaxesParser } from "saxes"
import { exchange, hostile, reportOf, request } from "./utils/report.js"
import { upstream } from "./utils/upstream.js"

const texts = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary", maxLength: 40 }))

/** Whether the machine has a shell, and a command in it. */
const runs = (command: string): boolean => {
  try {
    execFileSync("/bin/sh", ["-c", command], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Every tag of a page, by name and attributes' names. */
const tagsOf = (html: string) =>
  Array.from(
    html.matchAll(/<(\/?[a-z][\w-]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>/gi),
    ([, name, attributes]) => [name, ...attributes!.replace(/="[^"]*"/g, "").trim().split(/\s+/)].join(" ")
  )

/** A server whose responses repeat the key, at another position in each. */
const gossip = Layer.sync(HttpClient.HttpClient, () => {
  let count = 0
  return HttpClient.make((request) =>
    Effect.sync(() => {
      const said = `${"x".repeat(count++ % 700)} ${request.headers["authorization"] ?? "nothing"}`
      const json = {
        id: said,
        object: said,
        [said]: [said],
        error: { message: said, type: said, param: said, code: said }
      }
      const [status, body] = [
        [200, JSON.stringify(json)],
        [401, JSON.stringify({ error: json.error })],
        [200, `data: ${JSON.stringify(json)}\n\ndata: ${said}\n\n`],
        [500, said]
      ][count % 4] as [number, string]
      const type = count % 4 === 3 ? "text/event-stream" : "application/json"
      // A header's text ends where the key ends.
      const headers = { "content-type": type, "x-said": said, "openai-organization": "org-of-the-key" }
      return HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))
    })
  )
})

describe("Render", () => {
  it.live("shows no secret that a server returns", () =>
    Effect.gen(function*() {
      const apiKey = "sk-\"marker\"-%41+/=\\0123456789abcdefghijklmnop"
      const target = Target.fromHttpClient(gossip, { apiKey: Redacted.make(apiKey), advance: () => Effect.void })
      const lines: Array<string> = []
      const report = yield* Suite.run({
        target,
        cases: 2,
        patience: 0,
        onResult: (result) => Effect.sync(() => void lines.push(Render.line(result)))
      })
      assert.isAbove(report.totals.failed, 100)
      const rendered = [
        lines.join("\n"),
        ...[Render.text, Render.json, Render.junit, Render.html].map((render) => render(report))
      ]
      for (const text of rendered) {
        for (const part of [apiKey.slice(0, 13), apiKey.slice(-13), "0123456789abcdef", "org-of-the-key"]) {
          assert.isFalse(text.includes(part), part)
          assert.isFalse(text.includes(JSON.stringify(part).slice(1, -1)), part)
          assert.isFalse(text.includes(encodeURIComponent(part)), part)
        }
      }
      assert.include(Render.json(report), "<redacted>")
    }), 60_000)

  describe("html", () => {
    const plain = Render.html(reportOf("plain"))

    it.prop("has the same elements for any server text", { text: texts }, ({ text }) => {
      const html = Render.html(reportOf(text))
      assert.deepStrictEqual(tagsOf(html), tagsOf(plain))
      // Its only `<` are those of its tags, its doctype and its script.
      const stripped = (html: string) => html.replace(/<script>.*<\/script>|<style>.*<\/style>/gs, "")
      assert.strictEqual(stripped(html).split("<").length, stripped(plain).split("<").length)
    }, { fastCheck: { seed: 7 } })

    it("runs its own script only and loads nothing", () => {
      assert.lengthOf(plain.match(/<script\b/g)!, 1)
      assert.notMatch(plain, /(?:src|srcset)=|@import|url\(|<link|<iframe|<img/)
      assert.notMatch(plain.replace(/<pre.*?<\/pre>|<h1>.*?<\/h1>|<title>.*?<\/title>/gs, ""), /https?:/)
      assert.match(
        plain,
        /content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-/
      )
    })

    it("shows the expectation, the result and the command of a failure", () => {
      assert.include(plain, "<dt>Expected</dt><dd>plain</dd>")
      assert.include(plain, "<dt>But</dt><dd class=\"came\">plain</dd>")
      assert.include(plain, "curl -isS -X POST http://host/v1/plain")
      assert.include(plain, "skipped, because it is plain")
      assert.match(plain, /<tr[^>]*><th scope="row">createAssistant<.*?1 failed, 1 passed, 1 skipped/s)
      assert.include(plain, "1 scenario failed, 1 deviation from the documentation")
    })

    it("reports a target without failures", () => {
      const { results, ...report } = reportOf("x")
      const html = Render.html(Report.make({ ...report, results: results.slice(1) }))
      assert.include(html, "The contract holds")
      assert.notInclude(html, "id=\"mistakes\"")
    })

    it("shows the last requests of a failure with hundreds", () => {
      const { results, ...report } = reportOf("x")
      const at = (index: number) => exchange({ request: request({ path: `/step-${index}` }) })
      const [failed] = results
      const exchanges = Array.from({ length: 300 }, (_, index) => at(index))
      const html = Render.html(Report.make({ ...report, results: [{ ...failed!, findings: [], exchanges }] }))
      assert.include(html, "/step-299<")
      assert.notInclude(html, "/step-259<")
      assert.lengthOf(html.match(/<h4>Repeat it<\/h4>/g)!, 40)
      assert.include(html, "The last 40 requests.")
    })

    it("has a target for every link", () => {
      const html = Render.html(reportOf("a/b c"))
      const ids = new Set(Array.from(html.matchAll(/ id="([^"]*)"/g), ([, id]) => id))
      for (const [, target] of html.matchAll(/ href="#([^"]*)"/g)) assert.include([...ids], target)
    })
  })

  describe("junit", () => {
    /** The elements of a document that is well-formed; else it throws. */
    const parse = (xml: string) => {
      const elements: Array<{ readonly name: string; readonly attributes: Readonly<Record<string, string>> }> = []
      const parser = new SaxesParser()
      parser.on("error", (error) => {
        throw error
      })
      parser.on("opentag", ({ attributes, name }) => elements.push({ name, attributes }))
      parser.write(xml).close()
      return elements
    }

    it.prop("is well-formed for any server text", { text: texts }, ({ text }) => {
      assert.deepStrictEqual(
        parse(Render.junit(reportOf(text))).map(({ name }) => name),
        parse(Render.junit(reportOf("plain"))).map(({ name }) => name)
      )
    }, { fastCheck: { seed: 7 } })

    it("counts and names each case", () => {
      const elements = parse(Render.junit(reportOf("<&>\"'\n")))
      assert.deepStrictEqual(elements[0], {
        name: "testsuites",
        attributes: {
          name: "contract of target <&>\"'\n",
          tests: "3",
          failures: "1",
          errors: "0",
          skipped: "1",
          time: "1.234"
        }
      })
      assert.deepStrictEqual(elements.filter(({ name }) => name === "testcase").map(({ attributes }) => attributes), [
        { classname: "createAssistant", name: "failed/<&>\"'\n: it <&>\"'\n", time: "0.012" },
        { classname: "createAssistant", name: "skipped/<&>\"'\n: it <&>\"'\n", time: "0.012" },
        { classname: "createAssistant", name: "passed/<&>\"'\n: it <&>\"'\n", time: "0.012" }
      ])
      assert.deepInclude(elements, {
        name: "skipped",
        attributes: { message: "skipped, because it is <&>\"'\n" }
      })
    })
  })

  it("json is decoded by the report's Schema", () => {
    const report = reportOf("<&>")
    assert.deepStrictEqual(Schema.decodeUnknownSync(Schema.parseJson(Report.Report))(Render.json(report)), report)
  })

  describe("text", () => {
    it("shows mistakes, reasons, the slowest and totals", () => {
      assert.strictEqual(
        Render.text(reportOf("x")),
        `Mistakes (2 in 1 scenario)

  ✗ failed/x it x
    expected  every response is as documented
    but       createAssistant: x is x (the value was x)
    request   POST /x → 500
    curl -isS -X POST http://host/v1/x \\
      -H 'x-x: x' \\
      -H content-type: \\
      --data-binary @body

  ✗ failed/x it x
    expected  x
    but       x
    request   POST /x → 500
    curl -isS -X POST http://host/v1/x \\
      -H 'x-x: x' \\
      -H content-type: \\
      --data-binary @body

Skipped (1)

     1  because it is x

Slowest

    12 ms  failed/x
    12 ms  passed/x

target x: 1 passed, 1 failed, 1 skipped, 1 deviation
3 requests in 1.2 s, seed 7
`
      )
    })

    it.prop("removes escape sequences of a server's text", { text: texts }, ({ text }) => {
      assert.notMatch(Render.text(reportOf(text)), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }, { fastCheck: { seed: 7 } })
  })

  describe("curl", () => {
    const hasCurl = runs("curl --version")

    const body = (text: string): Exchange.Body => ({ text, bytes: Buffer.byteLength(text), truncated: false })

    const requests = (baseUrl: string): ReadonlyArray<Exchange.Exchange["request"]> => {
      const at = (path: string, change: Partial<Exchange.Exchange["request"]> = {}) =>
        request({ path, url: `${baseUrl}${path}`, ...change })
      const written = fc.string({
        unit: fc.constantFrom(..."'\"\\$`!{}[] \n\t\r%~#&;|<>()*?é\u{1f600}-@a0"),
        maxLength: 60
      })
      return [
        at("/assistants?limit=2&after=a%20b", { method: "GET", body: null }),
        at("/users?user_ids[]=a&user_ids[]={b,c}", { method: "GET" }),
        at("/assistants/../%2e%2e/x", { method: "DELETE" }),
        at("/it's", { headers: { "x-empty": "", "x-quoted": "it's \"$HOME\" `x`", accept: "text/event-stream" } }),
        at("/form", {
          headers: { "content-type": "multipart/form-data; boundary=b" },
          body: body("--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\u0000\\n\\c%s\r\n--b--\r\n")
        }),
        at("/untyped", { headers: {}, body: body("@file") }),
        at("/key", { body: body("{\"key\":\"<redacted>\"}") }),
        ...fc.sample(written, { seed: 7, numRuns: 12 }).map((text) => at("/generated", { body: body(text) }))
      ]
    }

    interface Arrived {
      readonly method: string | undefined
      readonly url: string | undefined
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
    }

    /** Runs the commands of requests in a shell, and returns what the server received. */
    const repeat = (requestsOf: (baseUrl: string) => ReadonlyArray<Exchange.Exchange["request"]>, key: string) =>
      Effect.gen(function*() {
        const arrived: Array<Arrived> = []
        const baseUrl = yield* upstream(({ headers, method, url }, response, body) => {
          const text = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
          arrived.push({ method, url, headers: Object.fromEntries(text), body })
          response.end()
        })
        const requests = requestsOf(baseUrl)
        const script = requests.map((request) => Render.curl(exchange({ request }))).join("\n")
        yield* Effect.async<void, Error>((resume) => {
          const env = { ...process.env, OPENAI_API_KEY: key }
          execFile(
            "/bin/sh",
            ["-c", `set -e\n${script}`],
            { env },
            (error) => resume(error === null ? Effect.void : Effect.fail(error))
          )
        })
        return { arrived, requests }
      }).pipe(Effect.scoped)

    const ifCurl = hasCurl ? "" : " (skipped, because there is no /bin/sh or no curl)"

    it.live.skipIf(!hasCurl)(`repeats a request${ifCurl}`, () =>
      Effect.gen(function*() {
        const key = "sk-'quoted' \"$x\""
        const { arrived, requests: sent } = yield* repeat(requests, key)
        const own = ["host", "user-agent", "connection", "content-length"]
        assert.deepStrictEqual(
          arrived.map(({ body, headers, method, url }) => ({
            method,
            url,
            headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name))),
            body: String(body)
          })),
          sent.map(({ body, headers, method, path }) => ({
            method,
            url: `/v1${path}`,
            headers: Object.fromEntries(
              Object.entries({ accept: "*/*", ...headers }).map(([name, value]) => [
                name,
                value.replace("<redacted>", key)
              ])
            ),
            body: (body?.text ?? "").replace("<redacted>", key)
          }))
        )
      }))

    const entriesOf = (contentType: string, body: string) =>
      Effect.promise(async () => {
        const form = await new Response(Buffer.from(body), { headers: { "content-type": contentType } }).formData()
        return Promise.all(
          Array.from(form, async ([name, value]) =>
            typeof value === "string"
              ? { name, value }
              : { name, filename: value.name, type: value.type, text: await value.text() })
        )
      })

    it.live.skipIf(!hasCurl)(`repeats a form, part by part${ifCurl}`, () =>
      Effect.gen(function*() {
        const forms = [
          "plain",
          "it's \"$x\" \\n\t; <redacted>",
          "@/etc/passwd",
          "<x",
          "a;type=b",
          "\u0000\u{1f600}\r\n",
          ""
        ]
          .map((content) => {
            const form = new FormData()
            form.append("purpose", content.replace(/[\u0000\t]/g, "").replace(/\r\n/g, " "))
            form.append("file", new Blob([content], { type: "application/x-thing" }), "it's a;file.jsonl")
            form.append("ids[]", "1")
            return form
          })
        const bodies = yield* Effect.forEach(forms, (form) =>
          Effect.promise(async () => {
            const response = new Response(form)
            return { contentType: response.headers.get("content-type")!, text: await response.text() }
          }))
        const { arrived, requests } = yield* repeat((baseUrl) =>
          bodies.map(({ contentType, text }) =>
            request({
              url: `${baseUrl}/files`,
              path: "/files",
              headers: { "content-type": contentType },
              body: body(text)
            })
          ), "sk-0123456789")
        for (const [index, { contentType, text }] of bodies.entries()) {
          assert.include(Render.curl(exchange({ request: requests[index]! })), "-F 'file=@-;filename=")
          assert.notStrictEqual(arrived[index]!.headers["content-type"], contentType)
          assert.deepStrictEqual(
            yield* entriesOf(arrived[index]!.headers["content-type"]!, String(arrived[index]!.body)),
            yield* entriesOf(contentType, text.replaceAll("<redacted>", "sk-0123456789"))
          )
        }
      }))

    /** The command of a report's only failure. */
    const commands = (report: Report.Report): Readonly<Record<string, string>> => {
      const unescape = (text: string) =>
        text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&#39;/g, "'").replace(/&quot;/g, "\"").replace(
          /&#13;/g,
          "\r"
        ).replace(/&amp;/g, "&")
      return {
        text: /\n {4}request .*\n([^]*?)\n\n/.exec(Render.text(report))![1]!.replace(/^ {4}/gm, ""),
        junit: unescape(/\n((?:printf .* \| )?curl [^]*?)<\/failure>/.exec(Render.junit(report))![1]!),
        html: unescape(/<div class="command"><pre[^>]*>([^]*?)<\/pre>/.exec(Render.html(report))![1]!)
      }
    }

    it.live.skipIf(!hasCurl)(
      `repeats an upload by the same command of text, JUnit and HTML${ifCurl}`,
      () =>
        Effect.gen(function*() {
          const form = new FormData()
          form.append("purpose", "assistants")
          form.append("file", new Blob(["a\tb\r\n\u0001\u0085 it's"]), "facts.txt")
          const response = new Response(form)
          const contentType = response.headers.get("content-type")!
          const text = yield* Effect.promise(() => response.text())
          const { results, ...report } = reportOf("x")
          const received: Array<{ readonly contentType: string; readonly body: string }> = []
          const baseUrl = yield* upstream(({ headers }, response, body) => {
            received.push({ contentType: headers["content-type"]!, body: String(body) })
            response.end()
          })
          const upload = exchange({
            request: request({
              url: `${baseUrl}/files`,
              path: "/files",
              headers: { "content-type": contentType },
              body: body(text)
            })
          })
          const found = commands(
            Report.make({ ...report, results: [{ ...results[0]!, findings: [], exchanges: [upload] }] })
          )
          assert.deepStrictEqual(found, {
            text: Render.curl(upload),
            junit: Render.curl(upload),
            html: Render.curl(upload)
          })
          const expected = yield* entriesOf(contentType, text)
          for (const command of Object.values(found)) {
            yield* Effect.async<void, Error>((resume) => {
              execFile(
                "/bin/sh",
                ["-c", command],
                (error) => resume(error === null ? Effect.void : Effect.fail(error))
              )
            })
            const last = received.at(-1)!
            assert.deepStrictEqual(
              (yield* entriesOf(last.contentType, last.body)).map((
                { name, ...rest }
              ) => [name, rest.value ?? rest.text]),
              expected.map(({ name, ...rest }) => [name, rest.value ?? rest.text])
            )
          }
          assert.lengthOf(received, 3)
        }).pipe(Effect.scoped)
    )

    it("uses OPENAI_BASE_URL if the target ran in the process", () => {
      const command = Render.curl(exchange({ request: request({ url: "http://emulator.invalid/v1/assistants" }) }))
      assert.match(command, /^curl -isS -X POST "\$OPENAI_BASE_URL"\/assistants /)
    })
  })
})
