import * as Api from "../src/Api.js"

process.stdout.write(`${JSON.stringify(Api.openApi(), undefined, 2)}\n`)
