// hls.js ships one set of types for its two builds.
declare module "hls.js/light" {
  export { default } from "hls.js";
}
