/** Programs that judge how Heddle is packaged. */
import type { GoPart } from "./go-part.ts";

export const HELM: GoPart = {
  name: "helm",
  version: "3.19.0",
  module: "helm.sh/helm/v3",
  moduleVersion: "v3.19.0",
  build: { package: "helm.sh/helm/v3/cmd/helm" },
  stamp: { "helm.sh/helm/v3/internal/version.version": "v3.19.0" },
  takes: "three minutes",
  installed: { inPath: true, ask: ["version", "--short"], oldest: [3, 14] },
};

/**
 * Says on a line each what is wrong with the folder of a bundle: `error` or `warning`, and what.
 * The one that looks into images is left out: it asks a container engine.
 */
const BUNDLE_MAIN = `package main

import (
	"fmt"
	"os"

	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/validation"
	interfaces "github.com/operator-framework/api/pkg/validation/interfaces"
)

func main() {
	bundle, err := manifests.GetBundleFromDir(os.Args[1])
	if err != nil {
		fmt.Println("error", err)
		return
	}
	validators := interfaces.Validators{
		validation.ClusterServiceVersionValidator,
		validation.CustomResourceDefinitionValidator,
		validation.BundleValidator,
		validation.OperatorHubV2Validator,
		validation.StandardCapabilitiesValidator,
		validation.StandardCategoriesValidator,
		validation.ObjectValidator,
		validation.OperatorGroupValidator,
		validation.AlphaDeprecatedAPIsValidator,
		validation.GoodPracticesValidator,
	}
	objects := bundle.ObjectsToValidate()
	for _, result := range validators.Validate(objects...) {
		for _, one := range result.Errors {
			fmt.Println("error", result.Name, one.Error())
		}
		for _, one := range result.Warnings {
			fmt.Println("warning", result.Name, one.Error())
		}
	}
	fmt.Println("looked at", len(objects), "objects")
}
`;

export const BUNDLE_VALIDATOR: GoPart = {
  name: "bundle-validator",
  version: "0.34.0",
  module: "github.com/operator-framework/api",
  moduleVersion: "v0.34.0",
  build: { main: BUNDLE_MAIN },
  takes: "a minute",
};

export const PACKAGING_PARTS: readonly GoPart[] = [HELM, BUNDLE_VALIDATOR];
