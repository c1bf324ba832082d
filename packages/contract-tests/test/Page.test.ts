import { Render } from "@effect-openai/contract-tests"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { start, violations, why } from "../../emulator/test/browser.js"
import { hostile, reportOf } from "./utils/report.js"
import { temporaryDirectory } from "./utils/session.js"

/** One browser for all tests. Each has its own context. */
let browser: Browser

/** A report's page in a browser; what went wrong, and what it asked for besides itself. */
const open = (text: string, options: BrowserContextOptions = {}) =>
  Effect.gen(function*() {
    const file = `${yield* temporaryDirectory}/report.html`
    writeFileSync(file, Render.html(reportOf(text)))
    const problems: Array<string> = []
    const page = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newPage(options)),
      (page) => Effect.promise(() => page.context().close())
    )
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => problems.push(message.text()))
    page.on("dialog", (dialog) => problems.push(dialog.message()))
    page.on("request", (request) => {
      if (request.url() !== `file://${file}`) problems.push(request.url())
    })
    yield* Effect.promise(() => page.goto(`file://${file}`))
    return { page, problems }
  })

const count = (page: Page, selector: string) => page.locator(`${selector}:visible`).count()

describe.skipIf(why !== undefined)(
  `the page${why === undefined ? "" : `, skipped: ${why}`}`,
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      browser = await start()
    }, 60_000)
    afterAll(() => browser.close())

    it.scopedLive("filters by words, verdict and cell of the matrix", () =>
      Effect.gen(function*() {
        const { page, problems } = yield* open("plain")
        yield* Effect.promise(async () => {
          const rows = "#scenarios [data-text]"
          assert.strictEqual(await count(page, rows), 3)
          await page.keyboard.press("/")
          await page.keyboard.type("skipped/plain")
          assert.strictEqual(await count(page, rows), 1)
          assert.strictEqual(await page.locator("#mistakes").isVisible(), false)
          assert.strictEqual(await page.locator("output").textContent(), "1 shown")
          await page.keyboard.press("Escape")
          await page.getByLabel("Passed").uncheck()
          assert.strictEqual(await count(page, rows), 2)
          await page.locator(".matrix a.cell.bad").click()
          assert.strictEqual(await count(page, rows), 3)
          assert.strictEqual(await page.locator("#search").inputValue(), "op:createassistant group:happy")
          await page.locator("#search").fill("op:nothing")
          assert.strictEqual(await page.locator(".empty").isVisible(), true)
        })
        assert.deepStrictEqual(problems, [])
      }))

    it.scopedLive("runs and loads nothing from a server's text", () =>
      Effect.gen(function*() {
        const { page, problems } = yield* open(hostile.join(" "))
        assert.strictEqual(yield* Effect.promise(() => page.locator("script, img, svg, iframe, link").count()), 1)
        assert.deepStrictEqual(problems, [])
      }))

    it.scopedLive("is complete without its script", () =>
      Effect.gen(function*() {
        const { page } = yield* open("plain", { javaScriptEnabled: false })
        yield* Effect.promise(async () => {
          assert.strictEqual(await count(page, "#scenarios [data-text]"), 3)
          assert.strictEqual(await count(page, ".filter"), 0)
          assert.strictEqual(await count(page, ".command button"), 0)
          await page.locator("#skipped summary").click()
          assert.strictEqual(await page.getByText("skipped/plain", { exact: true }).first().isVisible(), true)
        })
      }))

    // The color schemes differ in colors only.
    for (const [colorScheme, rules] of [["light", []], ["dark", ["color-contrast"]]] as const) {
      it.scopedLive(`is for those as well who do not see it, or not well: ${colorScheme}`, () =>
        Effect.gen(function*() {
          // The page runs no code but its own, and the checker is other code.
          const { page } = yield* open("plain", { colorScheme, bypassCSP: true })
          yield* Effect.promise(async () => {
            for (const details of await page.locator("details").all()) {
              await details.evaluate((element) => element.setAttribute("open", ""))
            }
          })
          assert.deepStrictEqual(yield* violations(page, rules), [])
        }))
    }
  }
)
