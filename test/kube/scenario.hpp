#pragma once

#include <boost/test/unit_test.hpp>

#include "test/kube/world.hpp"

/// A scenario that runs on the real servers and on the embedded one: a case
/// NAME_real and a case NAME_embedded. Its body has `where`, the cluster.
#define NATGW_SCENARIO(name)                                                   \
  static void name(natgw::test::cluster& where);                               \
  BOOST_AUTO_TEST_CASE(name##_real) {                                          \
    name(natgw::test::cluster::real());                                        \
  }                                                                            \
  BOOST_AUTO_TEST_CASE(name##_embedded) {                                      \
    name(natgw::test::cluster::embedded());                                    \
  }                                                                            \
  static void name(natgw::test::cluster& where)

/// One that needs what the embedded cluster does not have.
#define NATGW_REAL_SCENARIO(name)                                              \
  static void name(natgw::test::cluster& where);                               \
  BOOST_AUTO_TEST_CASE(name##_real) {                                          \
    name(natgw::test::cluster::real());                                        \
  }                                                                            \
  static void name(natgw::test::cluster& where)

/// One that needs what only the embedded cluster does on demand.
#define NATGW_EMBEDDED_SCENARIO(name)                                          \
  static void name(natgw::test::cluster& where);                               \
  BOOST_AUTO_TEST_CASE(name##_embedded) {                                      \
    name(natgw::test::cluster::embedded());                                    \
  }                                                                            \
  static void name(natgw::test::cluster& where)
