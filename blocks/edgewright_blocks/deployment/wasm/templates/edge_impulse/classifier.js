let ready = typeof Module.run_classifier === "function";
const loaded = new Promise((done) => {
  if (ready) return done();
  Module.onRuntimeInitialized = () => {
    ready = true;
    done();
  };
});

/** Classifies windows: one number a value, rows on end; of images one a pixel, 0xRRGGBB. */
class EdgeImpulseClassifier {
  async init() {
    await loaded;
    const code = Module.init();
    if (code !== 0) throw new Error(`init() failed with code ${code}`);
  }

  getProjectInfo() {
    this._ready();
    return Module.get_project();
  }

  getProperties() {
    this._ready();
    return Module.get_properties();
  }

  classify(rawArray, debug = false) {
    return this._classified(rawArray, (at) => Module.run_classifier(at, rawArray.length, debug));
  }

  classifyContinuous(rawArray, enablePerfCal = true) {
    return this._classified(rawArray, (at) =>
      Module.run_classifier_continuous(at, rawArray.length, false, enablePerfCal));
  }

  setThreshold(threshold) {
    this._ready();
    const { success, error } = Module.set_threshold(threshold);
    if (!success) throw new Error(error);
  }

  _ready() {
    if (!ready) throw new Error("the module is not initialized; await init() first");
  }

  _classified(values, run) {
    this._ready();
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    const at = Module._malloc(bytes.length);
    Module.HEAPU8.set(bytes, at);
    const result = run(at);
    Module._free(at);
    if (result.result !== 0) throw new Error(`classification failed (error code: ${result.result})`);
    const list = (count, get) => Array.from({ length: count }, (_, i) => {
      const { delete: remove, ...entry } = get(i);
      remove();
      return entry;
    });
    const answer = { anomaly: result.anomaly, results: list(result.size(), result.get) };
    if (Module.get_properties().has_visual_anomaly_detection) {
      answer.visual_ad_max = result.visual_ad_max;
      answer.visual_ad_mean = result.visual_ad_mean;
      answer.visual_ad_grid_cells = list(result.visual_ad_grid_cells_size(), result.visual_ad_grid_cells_get);
    }
    result.delete();
    return answer;
  }
}
