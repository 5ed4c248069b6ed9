package generation_test

import (
	"testing"

	"github.com/semantest/semantest/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
