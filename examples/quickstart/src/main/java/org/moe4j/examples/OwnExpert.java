// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.moe4j.Expert;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/**
 * An expert computes rows of the hidden state. It can be looked at, applied to rows, and replaced
 * by one's own.
 */
public final class OwnExpert {

  private OwnExpert() {}

  /**
   * Runs the example.
   *
   * @param args none
   */
  public static void main(String... args) {
    run(DemoModel.path(), System.out);
  }

  static void run(Path path, PrintStream out) {
    Request request = Request.prompt("The heart is").maxTokens(12).temperature(0).build();
    LongAdder rowsSeen = new LongAdder();
    try (MixtureModel model = MixtureModel.open(path)) {
      Expert builtIn = model.expert(5, 17);
      out.println(builtIn.info());

      int rows = 2;
      float[] x = new float[rows * model.info().hiddenSize()]; // rows x hidden, row-major
      Arrays.fill(x, 0.1f);
      float[] y = builtIn.apply(x, rows);
      out.printf("%d values in, %d out, the first is %.5f%n", x.length, y.length, y[0]);
      out.println("built-in expert:  " + model.generate(request).text());
    }

    Expert silent =
        (hidden, rows) -> {
          rowsSeen.add(rows);
          return new float[hidden.length];
        };
    try (MixtureModel model = MixtureModel.builder(path).expert(5, 17, silent).open()) {
      out.println("expert 17 silent: " + model.generate(request).text());
      out.printf("it was asked for %d rows%n", rowsSeen.sum());
    }
  }
}
