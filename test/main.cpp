#define BOOST_TEST_MODULE natgw
#include <boost/test/unit_test.hpp>
