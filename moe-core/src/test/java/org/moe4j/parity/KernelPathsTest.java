// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.Forked;

/**
 * Whole models on every path that the kernels can take, each in a process of its own: every tensor
 * type, and a case of every family, its plain one if there is one. Which path is the default
 * depends on the processor, so all are forced.
 */
class KernelPathsTest {

  /** One path: flags apart from each other by a space. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Dmoe4j.vector.bits=128",
        "-Dmoe4j.vector.bits=256",
        "-Dmoe4j.vector.bits=256 -Dmoe4j.machine-code=off",
        "-XX:+IgnoreUnrecognizedVMOptions -XX:UseAVX=2",
        "-Dmoe4j.vector.bits=512",
        "-Dmoe4j.vector.bits=512 -Dmoe4j.machine-code=off"
      })
  void everyTypeAndFamilyIsRight(String path) throws Exception {
    String flags = "--add-modules jdk.incubator.vector " + path;
    String said = Forked.run(List.of(flags.split(" ")), AllModels.class);
    long expected = AllModels.tests().count();
    assertEquals("passed " + expected, said.lines().toList().getLast());
  }

  /** The process of its own. */
  static final class AllModels {

    private AllModels() {}

    static Stream<DynamicTest> tests() {
      Map<String, DynamicTest> families = new LinkedHashMap<>();
      onCpu(new ParityTest().givesTheReferenceLogitsExpertsAndWeights())
          .forEach(test -> {
            String family = test.getDisplayName().split("-", 2)[0];
            if (test.getDisplayName().endsWith("-plain")) {
              families.put(family, test);
            } else {
              families.putIfAbsent(family, test);
            }
          });
      return Stream.concat(
          onCpu(new QuantisedParityTest().errsNoMoreThanLlamaCpp()), families.values().stream());
    }

    private static Stream<DynamicTest> onCpu(Stream<DynamicTest> tests) {
      return tests.filter(test -> test.getDisplayName().startsWith("cpu "));
    }

    public static void main(String[] arguments) throws Throwable {
      List<DynamicTest> tests = tests().toList();
      for (DynamicTest test : tests) {
        try {
          test.getExecutable().execute();
        } catch (AssertionError e) {
          throw new AssertionError(test.getDisplayName(), e);
        }
      }
      System.out.println("passed " + tests.size());
    }
  }
}
