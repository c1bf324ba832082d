import Theme from "vitepress/theme"
import "./custom.css"

export default Theme
