// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.moe4j.device.Device;
import org.moe4j.spi.ModelProvider;

/** The rooms of the house and the direction of every import. */
class ArchitectureTest {

  /**
   * The packages of moe-core in the order of their work, each with those it may use besides the
   * API.
   */
  private static final Map<String, List<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("format", List.of()),
          Map.entry("tokenizer", List.of("format")),
          Map.entry("template", List.of()),
          Map.entry("model", List.of("format")),
          Map.entry("family", List.of("format", "model")),
          Map.entry("device", List.of("format", "model")),
          Map.entry("device.scalar", List.of("format", "model", "device")),
          Map.entry("device.cpu", List.of("format", "model", "device")),
          Map.entry("decode", List.of("format", "model", "device")),
          Map.entry("sample", List.of()),
          Map.entry("schedule", List.of("device", "decode", "sample")),
          Map.entry(
              "engine",
              List.of(
                  "format",
                  "tokenizer",
                  "template",
                  "model",
                  "family",
                  "device",
                  "decode",
                  "sample",
                  "schedule")));

  private static final String[] API = {"org.moe4j", "org.moe4j.spi"};

  private final JavaClasses house =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.moe4j");

  /** An importer that cannot read the class files imports nothing, and then every rule holds. */
  @Test
  void theRoomsAreRead() {
    assertTrue(house.size() > 100, "classes found: " + house.size());
    assertTrue(house.contain(MixtureModel.class));
    assertTrue(house.contain(ModelProvider.class));
    assertTrue(house.contain(Device.class));
  }

  @Test
  void theApiUsesNothingButTheJdkAndJSpecify() {
    classes()
        .that()
        .resideInAnyPackage(API)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage("java..", "org.jspecify.annotations", "org.moe4j", "org.moe4j.spi"))
        .check(house);
  }

  @Test
  void everyPackageUsesOnlyThoseBelowIt() {
    Set<String> found = house.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    found.removeAll(List.of("org.moe4j", "org.moe4j.spi", "org.moe4j.demo"));
    MAY_USE.keySet().forEach(name -> found.remove("org.moe4j." + name));
    assertEquals(Set.of(), found, "a new package needs its place in the order");
    MAY_USE.forEach((name, below) -> {
      List<String> allowed = new ArrayList<>(List.of(API));
      allowed.add("org.moe4j." + name);
      below.forEach(other -> allowed.add("org.moe4j." + other));
      classes()
          .that()
          .resideInAPackage("org.moe4j." + name)
          .should()
          .onlyDependOnClassesThat(
              not(resideInAPackage("org.moe4j.."))
                  .or(resideInAnyPackage(allowed.toArray(new String[0]))))
          .allowEmptyShould(true)
          .check(house);
    });
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("org.moe4j.(**)").should().beFreeOfCycles().check(house);
  }

  @Test
  void theVectorApiStaysInTheVectorDevice() {
    noClasses()
        .that(not(resideInAPackage("org.moe4j.device.cpu")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .check(house);
  }

  @Test
  void jsonIsReadInOnePlace() {
    noClasses()
        .that(not(resideInAPackage("org.moe4j.format")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tools.jackson..")
        .check(house);
  }

  @Test
  void noPackageLivesInTwoModules() {
    Map<String, Set<String>> places =
        house.stream()
            .collect(
                Collectors.groupingBy(
                    JavaClass::getPackageName,
                    Collectors.mapping(ArchitectureTest::place, Collectors.toSet())));
    places.forEach((name, where) -> assertEquals(1, where.size(), name + " lives in " + where));
  }

  /** The jar or folder of a class. */
  private static String place(JavaClass type) {
    String source = type.getSource().orElseThrow().getUri().toString();
    return source.substring(0, source.length() - (type.getName() + ".class").length());
  }
}
