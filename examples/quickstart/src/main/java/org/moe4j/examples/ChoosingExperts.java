// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.Router;
import org.moe4j.Routers;
import org.moe4j.demo.DemoModel;

/**
 * A router chooses the experts of each token. It can be read, wrapped and replaced, for a model or
 * for one request.
 */
public final class ChoosingExperts {

  private ChoosingExperts() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String... args) {
    run(DemoModel.path(), System.out);
  }

  static void run(Path path, PrintStream out) {
    try (MixtureModel model = MixtureModel.open(path)) {
      out.println("the family's own rule: " + model.router(5));
      perRequest(model, out);
      observe(model, out);
    }
    perModel(path, out);
    ownRule(path, out);
  }

  /** Any composition of wrappers, for this request only. */
  private static void perRequest(MixtureModel model, PrintStream out) {
    Request.Builder request = Request.prompt("The heart is").maxTokens(12).temperature(0);
    out.println("as trained:       " + model.generate(request.build()).text());

    request.router(layer -> Routers.atMost(2, model.router(layer)));
    out.println("two experts:      " + model.generate(request.build()).text());

    request.router(layer -> Routers.without(Set.of(0, 1, 2, 3), model.router(layer)));
    out.println("without 0 to 3:   " + model.generate(request.build()).text());
  }

  /** Watches every decision of one layer; the observer is called by many threads. */
  private static void observe(MixtureModel model, PrintStream out) {
    LongAdder rows = new LongAdder();
    LongAdder confident = new LongAdder();
    Request request =
        Request.prompt("The heart is")
            .maxTokens(12)
            .temperature(0)
            .router(layer ->
                layer != 5
                    ? model.router(layer)
                    : Routers.observe(
                        model.router(layer),
                        (logits, routing) -> {
                          rows.add(routing.rows());
                          for (int row = 0; row < routing.rows(); row++) {
                            confident.add(routing.weight(row, 0) > 0.5 ? 1 : 0);
                          }
                        }))
            .build();
    model.generate(request);
    out.printf(
        "layer 5 gave one expert more than half the weight for %d of %d tokens%n",
        confident.sum(), rows.sum());
  }

  /** The same wrappers for every request of a model. */
  private static void perModel(Path path, PrintStream out) {
    Router base;
    try (MixtureModel model = MixtureModel.open(path)) {
      base = model.router(5);
    }
    try (MixtureModel model =
        MixtureModel.builder(path).router(5, Routers.atMost(1, base)).open()) {
      long ran =
          model
              .generate(Request.prompt("The heart is").maxTokens(12).temperature(0).build())
              .experts()
              .layer(5)
              .total();
      out.printf("layer 5 with one expert a token: experts ran %d times%n", ran);
    }
  }

  /** A rule of one's own: always the two experts with the highest logits, in equal parts. */
  private static void ownRule(Path path, PrintStream out) {
    Router equalParts =
        (logits, routing) -> {
          for (int row = 0; row < logits.rows(); row++) {
            int best = 0;
            int second = 1;
            for (int expert = 1; expert < logits.experts(); expert++) {
              if (logits.get(row, expert) > logits.get(row, best)) {
                second = best;
                best = expert;
              } else if (expert > 1 && logits.get(row, expert) > logits.get(row, second)) {
                second = expert;
              }
            }
            routing.add(row, best, 0.5f);
            routing.add(row, second, 0.5f);
          }
        };
    try (MixtureModel model = MixtureModel.builder(path).router(5, equalParts).open()) {
      Request request = Request.prompt("The heart is").maxTokens(12).temperature(0).build();
      out.println("own rule:         " + model.generate(request).text());
    }
  }
}
