// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.moe4j.CacheType;
import org.moe4j.MemoryPlan;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.Scores;
import org.moe4j.demo.DemoModel;

/** What a model is and what it will cost, and the parts of it that are useful alone. */
public final class LookInside {

  private LookInside() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String... args) {
    run(DemoModel.path(), System.out);
  }

  static void run(Path path, PrintStream out) {
    ModelInfo info = MixtureModel.inspect(path); // reads headers only, nothing is loaded
    out.printf(
        "%s: %d layers, %d of %d experts a token%n",
        info.family(), info.layers(), info.expertsPerToken(), info.experts());
    out.printf(
        "%,d of %,d bytes take part in a token; types %s%n",
        info.activeBytesPerToken(), info.bytes(), info.bytesByType());
    MemoryPlan plan = MixtureModel.builder(path).cacheType(CacheType.F16).plan();
    out.printf(
        "on the device %s, weights and one full context need %,d of %,d bytes%n",
        plan.device(), plan.required(), plan.available());

    try (MixtureModel model =
        MixtureModel.builder(path)
            .contextLength(256)
            .cacheType(CacheType.F16)
            .memoryLimit(1L << 30)
            .progress((stage, fraction) -> true) // false would end the opening
            .open()) {
      int count = model.tokenizer().count("How many tokens is this?");
      int[] ids = model.tokenizer().encode("Supply and demand meet at a price.");
      out.printf(
          "%d tokens, %d tokens, back: %s%n", count, ids.length, model.tokenizer().decode(ids));

      String prompt =
          model.render(
              List.of(Message.user("What is a cell?")),
              List.of(),
              Map.of("enable_thinking", false));
      out.println(prompt);

      Scores scores = model.score(ids); // log-probabilities: perplexity, ranking, checks
      out.printf("perplexity %.1f%n", scores.perplexity());
    }
  }
}
